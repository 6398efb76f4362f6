"""Symbolic links stay links while they stay inside; external packages appear in the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from truss_base.entry import link_digest
from truss_base.exceptions import PathError
from truss_base.hash import truss_hash
from truss_base.tree import scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]


def link(root: Path, path: str, target: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to(target)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("model/current.py", "model.py"),
        ("model/up", "../data/weights.bin"),
        ("latest", "model"),
        ("dangling", "nothing"),
        ("itself", "itself"),
        ("model/dot", "./model.py"),
    ],
)
def test_a_link_that_stays_inside_is_kept_as_its_text(truss: Path, path: str, target: str) -> None:
    link(truss, path, target)
    [entry] = [entry for entry in scan(truss) if entry.path == path]
    assert (entry.kind, entry.target, entry.executable) == ("symlink", target, False)
    assert entry.digest == link_digest(target)


def test_a_linked_directory_is_not_entered(truss: Path) -> None:
    link(truss, "latest", "model")
    assert [entry.path for entry in scan(truss)] == ["config.yaml", "latest", "model/model.py"]


def test_a_link_is_not_the_file_with_its_text(write: Write, truss: Path) -> None:
    write({"model/a": "model.py"})
    as_file = truss_hash(truss)
    (truss / "model/a").unlink()
    link(truss, "model/a", "model.py")
    assert truss_hash(truss) != as_file


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("out", ".."),
        ("out", "../elsewhere"),
        ("model/out", "../../elsewhere"),
        ("model/out", "../model/../../elsewhere"),
        ("out", "/etc/passwd"),
        ("out", "//etc"),
    ],
)
def test_a_link_that_leaves_is_refused(truss: Path, path: str, target: str) -> None:
    link(truss, path, target)
    with pytest.raises(PathError, match=f"{path} is a symbolic link to .*leads out"):
        scan(truss)


def test_an_absolute_link_to_the_inside_is_refused(truss: Path) -> None:
    # It would mean another file wherever else the Truss runs.
    link(truss, "inside", str(truss / "model/model.py"))
    with pytest.raises(PathError, match="leads out"):
        scan(truss)


def test_a_chain_of_links_that_leaves_is_refused(truss: Path) -> None:
    link(truss, "here", ".")
    link(truss, "model/one", "../here/../elsewhere")
    with pytest.raises(PathError, match="model/one is a symbolic link"):
        scan(truss)


@pytest.mark.parametrize("target", ["a\\b", "bad\udcff"])
def test_a_target_that_other_systems_cannot_spell_is_refused(truss: Path, target: str) -> None:
    link(truss, "odd", target)
    with pytest.raises(PathError, match="other systems cannot spell"):
        scan(truss)


EXTERNAL = "external_package_dirs: [../shared]\n"


def test_external_packages_appear_below_the_bundled_ones(
    write: Write, truss: Path, tmp_path: Path
) -> None:
    write({"config.yaml": EXTERNAL, "packages/own.py": ""})
    write({"tool/__init__.py": "", "tool/__pycache__/x.pyc": ""}, tmp_path / "shared")
    found = {entry.path: entry.source for entry in scan(truss)}
    assert list(found) == [
        "config.yaml",
        "model/model.py",
        "packages/own.py",
        "packages/tool/__init__.py",
    ]
    assert found["packages/tool/__init__.py"] == tmp_path / "shared/tool/__init__.py"


def test_a_copy_with_the_packages_in_place_has_the_same_hash(
    write: Write, truss: Path, tmp_path: Path
) -> None:
    write({"config.yaml": EXTERNAL})
    write({"tool.py": "x = 1\n"}, tmp_path / "shared")
    copy = tmp_path / "copy"
    for entry in scan(truss):
        write({entry.path: entry.source.read_bytes()}, copy)
    assert truss_hash(copy, external_packages=False) == truss_hash(truss)


@pytest.mark.parametrize("own", ["packages/tool.py", "packages/tool.py/deeper"])
def test_two_files_of_one_name_are_refused(
    write: Write, truss: Path, tmp_path: Path, own: str
) -> None:
    write({"config.yaml": EXTERNAL, own: ""})
    write({"tool.py": ""}, tmp_path / "shared")
    with pytest.raises(PathError, match=r"packages/tool\.py exists twice"):
        scan(truss)


def test_an_external_package_that_is_not_there_is_named(write: Write, truss: Path) -> None:
    write({"config.yaml": EXTERNAL})
    with pytest.raises(PathError, match=r"external_package_dirs: \.\./shared is not a directory"):
        scan(truss)


def test_a_link_may_not_leave_its_external_package(
    write: Write, truss: Path, tmp_path: Path
) -> None:
    write({"config.yaml": EXTERNAL})
    write({"tool.py": ""}, tmp_path / "shared")
    link(tmp_path / "shared", "secret", "../other")
    with pytest.raises(PathError, match="packages/secret is a symbolic link"):
        scan(truss)


def test_the_rules_of_the_truss_hold_in_external_packages(
    write: Write, truss: Path, tmp_path: Path
) -> None:
    write({"config.yaml": EXTERNAL, ".truss_ignore": "packages/tests/\n"})
    write({"tool.py": "", "tests/test_tool.py": ""}, tmp_path / "shared")
    assert [entry.path for entry in scan(truss)][-1] == "packages/tool.py"
