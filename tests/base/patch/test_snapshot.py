"""Snapshots: of all files, after a look at a few, and with unsaved texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from truss_base.diff import diff, difference_to
from truss_base.exceptions import ConfigError, PathError
from truss_base.signature import Signature
from truss_base.snapshot import Snapshot
from truss_base.stat_cache import StatCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

MODEL = b"class Model:\n    def predict(self, x):\n        return 2\n"


@pytest.fixture
def large(write: Write, truss: Path) -> Path:
    """Several blocks of the incremental hash."""
    return write({f"packages/p/m{number:04}.py": f"{number}" for number in range(900)})


@pytest.mark.parametrize(
    "path", ["config.yaml", "model/model.py", "packages/p/m0000.py", "packages/p/m0899.py"]
)
def test_a_look_at_what_was_saved_gives_what_a_scan_gives(
    write: Write, large: Path, path: str
) -> None:
    before = Snapshot.take(large)
    write({path: "model_name: other\n"})
    after = before.refreshed([large / path])
    assert after is not None
    assert after.signature == Signature.of(large)
    assert after.hash == Signature.of(large).hash != before.hash
    assert difference_to(before.signature, after).patches == diff(before.signature, large)


def test_files_come_and_go_by_name(write: Write, large: Path) -> None:
    before = Snapshot.take(large)
    (large / "packages/p/m0007.py").unlink()
    write({"a/new.py": "", "packages/p/m0005x.py": "x"})
    after = before.refreshed(["packages/p/m0007.py", "a/new.py", "packages/p/m0005x.py"])
    assert after is not None
    assert list(after.entries) == list(Snapshot.take(large).entries)
    assert after.signature == Signature.of(large)


def test_what_was_not_named_is_found_by_the_next_scan(write: Write, large: Path) -> None:
    cache = StatCache()
    before = Snapshot.take(large, cache=cache)
    write({"model/model.py": MODEL, "packages/p/m0001.py": "changed too"})
    named = before.refreshed(["model/model.py"])
    assert named is not None
    [patch] = difference_to(before.signature, named).patches
    assert patch.to_wire()["body"]["path"] == "model.py"
    found = Snapshot.take(large, cache=cache, before=named)
    assert found.signature == Signature.of(large)
    [patch] = difference_to(named.signature, found).patches
    assert patch.to_wire()["body"]["path"] == "p/m0001.py"


def test_the_config_and_its_requirements_are_never_believed_unchanged(
    write: Write, truss: Path
) -> None:
    write({"config.yaml": "requirements_file: r.txt\n", "r.txt": "six==1.16\n"})
    before = Snapshot.take(truss)
    write({"config.yaml": "requirements_file: r.txt\nmodel_name: x\n", "model/model.py": MODEL})
    after = before.refreshed(["model/model.py"])
    assert after is not None
    assert after.signature == Signature.of(truss)
    assert after.signature.requirements_file_requirements == ["six==1.16"]


def test_ignored_files_are_no_news(write: Write, truss: Path) -> None:
    before = Snapshot.take(truss)
    write({"model/__pycache__/model.pyc": "x", "model/model.py~": "y"})
    after = before.refreshed(["model/__pycache__/model.pyc", "model/model.py~"])
    assert after is before


def new_rules(root: Path) -> str:
    (root / ".truss_ignore").write_text("data/\n")
    return "model/model.py"


def new_folder(root: Path) -> str:
    (root / "model/sub").mkdir()
    (root / "model/sub/a.py").write_text("")
    return "model/sub"


def outside(root: Path) -> str:
    (root.parent / "outside.py").write_text("")
    return str(root.parent / "outside.py")


def new_link(root: Path) -> str:
    (root / "model/link.py").symlink_to("model.py")
    return "model/link.py"


def through_a_link(root: Path) -> str:
    (root / "linked").symlink_to("model")
    return "linked/model.py"


def folder_became_a_file(root: Path) -> str:
    (root / "data/b.bin").unlink()
    (root / "data").rmdir()
    (root / "data").write_text("")
    return "data"


def external_packages(root: Path) -> str:
    (root.parent / "shared").mkdir()
    (root / "config.yaml").write_text("external_package_dirs: [../shared]\n")
    return "config.yaml"


def config_is_gone(root: Path) -> str:
    (root / "config.yaml").unlink()
    return "config.yaml"


@pytest.mark.parametrize(
    "change",
    [
        new_rules,
        new_folder,
        outside,
        new_link,
        through_a_link,
        folder_became_a_file,
        external_packages,
        config_is_gone,
    ],
)
def test_what_only_a_scan_can_tell(
    write: Write, truss: Path, change: Callable[[Path], str]
) -> None:
    write({"data/b.bin": "b"})
    before = Snapshot.take(truss)
    assert before.refreshed([change(truss)]) is None


def test_unsaved_texts_take_the_place_of_files(write: Write, large: Path) -> None:
    base = Snapshot.take(large)
    unsaved = base.overlaid({"model/model.py": MODEL, "packages/new.py": b"new"})
    prepared = difference_to(base.signature, unsaved)
    assert Signature.of(large) == base.signature, "nothing was written"
    write({"model/model.py": MODEL, "packages/new.py": b"new"})
    saved = Snapshot.take(large)
    assert prepared.signature == saved.signature
    assert prepared.patches == difference_to(base.signature, saved).patches


def test_an_unsaved_file_keeps_its_executable_bit(truss: Path) -> None:
    (truss / "model/model.py").chmod(0o755)
    base = Snapshot.take(truss)
    overlaid = base.overlaid({"model/model.py": MODEL})
    assert overlaid.entries["model/model.py"].executable


def test_unsaved_files_that_cannot_be(truss: Path) -> None:
    base = Snapshot.take(truss)
    assert base.overlaid({"model/x.pyc": b"ignored"}) is base
    for path in ("../out.py", "model", "model/model.py/below.py"):
        with pytest.raises(PathError):
            base.overlaid({path: b""})
    with pytest.raises(ConfigError):
        base.overlaid({"config.yaml": b"\xff"})
