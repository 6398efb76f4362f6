"""Changes of `config.yaml`: one reason per key, by effective value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from truss_base.patch import (
    Action,
    ConfigPatch,
    EnvironmentVariablePatch,
    ExternalDataPatch,
    FilePatch,
    Patch,
    RequirementPatch,
    SystemPackagePatch,
)
from truss_base.plan import Plan, Strategy, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    PlanOf = Callable[..., Plan]

S0, S2, S3, S4 = Strategy.SYNC, Strategy.RELOAD, Strategy.NEW_ENVIRONMENT, Strategy.REBUILD


def config_plan(before: str, after: str) -> Plan:
    patch = ConfigPatch(Action.UPDATE, "config.yaml", {}, after)
    models = dict.fromkeys(("model/model.py", "model/other.py", "src/model.py"), b"")
    return plan({"config.yaml": before.encode(), **models}, [patch])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("model_name: x\n", "# the name\nmodel_name: x\n"),
        ("model_name: x\n", "model_name: 'x'\r\n"),
        ("model_name: x\ndata_dir: d\n", "data_dir: d\nmodel_name: x\n"),
        ("model_name: x\n", "model_name: y\nmodel_name: x\n"),
        ("secrets: {a: b, c: b}\n", "secrets: {a: &v b, c: *v}\n"),
        ("resources: {cpu: '1', memory: 4Gi}\n", "resources:\n  <<: {cpu: '1'}\n  memory: 4Gi\n"),
        ("", "{}"),
        ("", "data_dir: data\nresources: {cpu: '1'}\n"),  # the defaults, written out
        ("runtime: {predict_concurrency: 5}\n", "runtime: {predict_concurrency: '5'}\n"),
    ],
)
def test_a_change_of_the_text_alone_is_only_synced(before: str, after: str) -> None:
    found = config_plan(before, after)
    assert found.strategy is S0
    assert [change.subject for change in found.changes] == ["config.yaml"]
    assert found.changes[0].reason == "config.yaml: no value changed, only its text: sync"


@pytest.mark.parametrize(
    ("after", "key", "strategy"),
    [
        ("model_name: y\n", "model_name", S2),
        ("description: y\n", "description", S2),
        ("model_metadata: {tags: [a]}\n", "model_metadata.tags", S2),
        ("secrets: {hf_token: null}\n", "secrets.hf_token", S2),
        ("runtime: {predict_concurrency: 2}\n", "runtime.predict_concurrency", S2),
        ("model_class_name: Other\n", "model_class_name", S2),
        ("model_class_filename: other.py\n", "model_class_filename", S2),
        ("environment_variables: {MODE: x}\n", "environment_variables.MODE", S3),
        ("requirements: [numpy]\n", "requirements", S3),
        ("requirements_file: r.txt\n", "requirements_file", S3),
        ("system_packages: [git]\n", "system_packages", S4),
        ("python_version: py310\n", "python_version", S4),
        ("base_image: {image: debian}\n", "base_image", S4),
        ("build_commands: [make]\n", "build_commands", S4),
        ("resources: {cpu: '4'}\n", "resources.cpu", S4),
        ("resources: {accelerator: L4}\n", "resources.accelerator", S4),
        ("external_data: [{url: x, local_data_path: y}]\n", "external_data", S2),
        ("external_package_dirs: [../x]\n", "external_package_dirs", S4),
        ("model_module_dir: src\n", "model_module_dir", S4),
        ("bundled_packages_dir: lib\n", "bundled_packages_dir", S4),
        ("data_dir: files\n", "data_dir", S4),
        ("use_control_plane: true\n", "use_control_plane", S4),
        ("live_reload: true\n", "live_reload", S4),
        ("a_key_of_next_year: 1\n", "a_key_of_next_year", S4),
        ("runtime: {a_key_of_next_year: 1}\n", "runtime.a_key_of_next_year", S4),
    ],
)
def test_every_key_leads_to_its_strategy(after: str, key: str, strategy: Strategy) -> None:
    found = config_plan("", after)
    subjects = {change.subject: change for change in found.changes}
    change = subjects[f"config.yaml:{key}"]
    assert change.strategy is strategy
    assert change.reason.startswith(f"config.yaml `{key}`")
    assert change.reason.endswith(f": {strategy.title}")
    # Taking it back leads to the same.
    assert config_plan(after, "").strategy is found.strategy


def test_a_reason_holds_for_every_runtime() -> None:
    """A model may run in a container or from an environment: no reason speaks of one alone."""
    from truss_base.config.definitions import effects
    from truss_base.config.field import Effect

    for effect in (value for value in vars(effects).values() if isinstance(value, Effect)):
        assert "container" not in effect.reason
        assert "image" not in effect.reason or "environment or image" in effect.reason
    [change] = config_plan("", "requirements: [numpy]\n").changes
    assert change.reason == (
        "config.yaml `requirements` (`numpy` added):"
        " packages are installed into an environment beside the running one: new environment"
    )


def test_one_reason_per_key_the_strongest_first() -> None:
    found = config_plan(
        "", "model_name: y\nenvironment_variables: {A: b}\nresources: {memory: 4Gi}\n"
    )
    assert [(change.subject, change.strategy.label) for change in found.changes] == [
        ("config.yaml:resources.memory", "S4"),
        ("config.yaml:environment_variables.A", "S3"),
        ("config.yaml:model_name", "S2"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "detail"),
    [
        ("[a]", "[a, b]", "(`b` added)"),
        ("[a, b]", "[a]", "(`b` removed)"),
        ("[a==1]", "[a==2]", "(`a==2` added, `a==1` removed)"),
        ("[]", "[a, b, c, d, e]", "(`a` added, `b` added, `c` added, 2 more)"),
    ],
)
def test_lists_say_what_came_and_went(before: str, after: str, detail: str) -> None:
    found = config_plan(f"requirements: {before}\n", f"requirements: {after}\n")
    assert found.changes[0].reason.startswith(f"config.yaml `requirements` {detail}: ")


def test_values_that_may_be_secret_are_not_shown() -> None:
    found = config_plan("", "environment_variables: {TOKEN: hunter2}\nsecrets: {s: hunter2}\n")
    assert "hunter2" not in str(found.to_dict())


@pytest.mark.parametrize("number", ["1.0", "true", "'1'"])
def test_equal_is_not_the_same(number: str) -> None:
    before, after = "model_metadata: {n: 1}\n", f"model_metadata: {{n: {number}}}\n"
    assert config_plan(before, after).strategy is S2


def test_the_order_of_a_free_mapping_can_be_seen() -> None:
    found = config_plan("model_metadata: {a: 1, b: 2}\n", "model_metadata: {b: 2, a: 1}\n")
    assert [change.subject for change in found.changes] == ["config.yaml:model_metadata"]


def test_another_name_for_the_control_plane_keeps_the_container() -> None:
    found = config_plan("live_reload: true\n", "use_control_plane: true\n")
    assert found.strategy is S2
    assert all("the control plane stays" in change.reason for change in found.changes)


@pytest.mark.parametrize(
    ("after", "complaint"),
    [
        ("python_version: py27\n", "python_version"),
        ("a: [unfinished\n", "line 1"),
        ("- a list\n", "mapping"),
    ],
)
def test_an_invalid_config_is_refused_with_its_faults(after: str, complaint: str) -> None:
    [change] = config_plan("", after).changes
    assert (change.subject, change.strategy) == ("config.yaml", S4)
    assert change.reason.startswith("config.yaml is not valid: ")
    assert complaint in change.reason


def test_an_invalid_old_config_leaves_an_upper_bound() -> None:
    [change] = config_plan("a: [unfinished\n", "model_name: x\n").changes
    assert change.strategy is S4
    assert "what it was is not known here: rebuild at most" in change.reason


def test_a_config_patch_without_text_is_judged_by_its_dump() -> None:
    patch = ConfigPatch(Action.UPDATE, "config.yaml", {"model_name": "y"})
    found = plan({"config.yaml": b"model_name: x\n"}, [patch])
    assert [change.subject for change in found.changes] == ["config.yaml:model_name"]


TYPED: list[tuple[Patch, str, Strategy, str]] = [
    (RequirementPatch(Action.ADD, "numpy"), "requirements", S3, "`numpy`"),
    (SystemPackagePatch(Action.ADD, "git"), "system_packages", S4, "`git`"),
    (
        EnvironmentVariablePatch(Action.ADD, {"A": "b"}),
        "environment_variables.A",
        S3,
        "`A`",
    ),
    (
        ExternalDataPatch(Action.ADD, {"url": "x", "local_data_path": "y"}),
        "external_data",
        S2,
        "`y`",
    ),
]


@pytest.mark.parametrize(("patch", "key", "strategy", "shown"), TYPED)
def test_a_typed_patch_counts_on_its_own(
    patch: Patch, key: str, strategy: Strategy, shown: str
) -> None:
    [change] = plan({"config.yaml": b""}, [patch]).changes
    assert (change.subject, change.strategy) == (f"config.yaml:{key}", strategy)
    assert shown in change.reason


@pytest.mark.parametrize(("patch", "key", "strategy", "shown"), TYPED)
def test_a_typed_patch_that_the_config_says_too_is_said_once(
    patch: Patch, key: str, strategy: Strategy, shown: str
) -> None:
    text = (
        "requirements: [numpy]\nsystem_packages: [git]\nenvironment_variables: {A: b}\n"
        "external_data: [{url: x, local_data_path: y}]\n"
    )
    config = ConfigPatch(Action.UPDATE, "config.yaml", {}, text)
    subjects = [change.subject for change in plan({"config.yaml": b""}, [config, patch]).changes]
    assert len(subjects) == len(set(subjects)) == 4


def test_requirements_of_a_file_are_said_once() -> None:
    tree = {"config.yaml": b"requirements_file: r.txt\n", "r.txt": b"numpy==1\n"}
    patches: list[Patch] = [
        RequirementPatch(Action.UPDATE, "numpy==2"),
        FilePatch("file", Action.UPDATE, "r.txt", b"numpy==2\n"),
    ]
    assert [change.subject for change in plan(tree, patches).changes] == ["r.txt"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("requirementz", "did you mean `requirements`? what it leads to is not known here"),
        ("of_ones_own", ": what it leads to is not known here"),
    ],
)
def test_an_unknown_key_may_be_a_misspelt_one(key: str, said: str) -> None:
    (change,) = config_plan("model_name: x\n", f"model_name: x\n{key}: [a]\n").changes
    assert change.strategy is S4
    assert said in change.reason
