"""What is installed: requirements, the files they stand in or name, packages of the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from truss_base.patch import (
    Action,
    ConfigPatch,
    FilePatch,
    Patch,
    RequirementPatch,
    SystemPackagePatch,
)
from truss_base.plan import Abilities, Plan, Strategy, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    PlanOf = Callable[..., Plan]

S0, S2, S3, S4 = Strategy.SYNC, Strategy.RELOAD, Strategy.NEW_ENVIRONMENT, Strategy.REBUILD
CAN = Abilities(requirements=None, system_packages=None)
CANNOT = Abilities(requirements="there is no uv here", system_packages="there is no apt here")


def config_patch(text: str) -> Patch:
    return ConfigPatch(Action.UPDATE, "config.yaml", {}, text)


@pytest.mark.parametrize("name", ["r.txt", "deep/r.txt"])
@pytest.mark.parametrize(
    ("before", "after", "strategy"),
    [
        (b"numpy==1\n", b"numpy==2\n", S3),
        (b"numpy==1\n", b"# why\n\nnumpy==1  # pinned\r\n", S0),
        (b"a\nb\n", b"b\na\n", S3),
        (b"numpy==1\n", None, S3),
    ],
)
def test_a_change_of_the_requirements_file_installs(
    plan_of: PlanOf, name: str, before: bytes, after: bytes | None, strategy: Strategy
) -> None:
    config = f"requirements_file: {name}\n".encode()
    [change] = plan_of(name, after, {"config.yaml": config, name: before}).changes
    assert (change.subject, change.strategy) == (name, strategy)


@pytest.mark.parametrize("name", ["pyproject.toml", "uv.lock"])
def test_a_toml_requirements_file_installs_whatever_changes(plan_of: PlanOf, name: str) -> None:
    config = f"requirements_file: {name}\n".encode()
    assert plan_of(name, b"# x\n", {"config.yaml": config, name: b"\n"}).strategy is S3
    assert plan_of(name, b"# x\n", {name: b"\n"}).strategy is S2


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ("requirements: [./wheels/a-1-py3-none-any.whl]\n", "wheels/a-1-py3-none-any.whl"),
        ("requirements: ['./lib[extra] ; python_version > \"3\"']\n", "lib/lib/code.py"),
        ("requirements: ['-e ./packages/lib']\n", "packages/lib/code.py"),
        ("requirements: ['lib @ file:./lib']\n", "lib/setup.cfg"),
        ("requirements: ['--find-links ./data/wheels', a]\n", "data/wheels/a-2-py3-none-any.whl"),
        ("requirements_file: r.txt\n", "more.txt"),
        ("requirements_file: uv.lock\n", "pyproject.toml"),
    ],
)
def test_a_change_of_what_requirements_name_installs_it_anew(
    plan_of: PlanOf, config: str, path: str
) -> None:
    tree = {"config.yaml": config.encode(), "r.txt": b"six\n-r more.txt\n", path: b"old\n"}
    [change] = plan_of(path, b"new\n", tree).changes
    assert (change.subject, change.strategy) == (path, S3)
    assert plan_of(path, b"new\n", {**tree, "config.yaml": b""}).strategy <= S2


@pytest.mark.parametrize(
    ("before", "after", "abilities", "strategy", "reason"),
    [
        ("", "requirements: [six]", CAN, S3, "installed into an environment beside"),
        ("requirements: [six]", "", CAN, S3, "installed into an environment beside"),
        ("", "requirements: [six]", CANNOT, S4, "there is no uv here: rebuild"),
        ("", "requirements_file: r.txt", CANNOT, S4, "there is no uv here: rebuild"),
        ("", "system_packages: [git]", CAN, S3, "installed beside what runs"),
        ("system_packages: [git]", "", CAN, S4, "what runs may use what was removed: rebuild"),
        ("system_packages: [a]", "system_packages: [b]", CAN, S4, "may use what was removed"),
        ("", "system_packages: [git]", CANNOT, S4, "there is no apt here: rebuild"),
        ("", "python_version: py310", CAN, S4, "fixed when"),
    ],
)
def test_what_a_container_can_install_decides(
    before: str, after: str, abilities: Abilities, strategy: Strategy, reason: str
) -> None:
    tree = {"config.yaml": before.encode()}
    [change] = plan(tree, [config_patch(after)], abilities=abilities).changes
    assert change.strategy is strategy
    assert reason in change.reason


@pytest.mark.parametrize(
    ("patch", "abilities", "strategy"),
    [
        (RequirementPatch(Action.REMOVE, "six"), CAN, S3),
        (RequirementPatch(Action.ADD, "six"), CANNOT, S4),
        (SystemPackagePatch(Action.ADD, "git"), CAN, S3),
        (SystemPackagePatch(Action.REMOVE, "git"), CAN, S4),
        (SystemPackagePatch(Action.ADD, "git"), CANNOT, S4),
    ],
)
def test_a_typed_patch_alone_is_judged_alike(
    patch: Patch, abilities: Abilities, strategy: Strategy
) -> None:
    assert plan({"config.yaml": b""}, [patch], abilities=abilities).strategy is strategy


def test_the_requirements_file_of_a_container_that_cannot_install() -> None:
    tree = {"config.yaml": b"requirements_file: r.txt\n", "r.txt": b"six==1\n"}
    patch = FilePatch("file", Action.UPDATE, "r.txt", b"six==2\n")
    [change] = plan(tree, [patch], abilities=CANNOT).changes
    assert change.reason == "r.txt changed: there is no uv here: rebuild"
