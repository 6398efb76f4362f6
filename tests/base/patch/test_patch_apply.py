"""What patches mean: `apply_to(tree, diff(signature of tree, directory))` is the directory."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truss_base.config import TrussConfig
from truss_base.diff import difference
from truss_base.exceptions import PatchError, PathError
from truss_base.hash import truss_hash
from truss_base.patch import (
    Action,
    ConfigPatch,
    FilePatch,
    Patch,
    TreeFile,
    apply_to,
    config_after,
    patches_from_wire,
)
from truss_base.signature import Signature
from truss_base.tree import scan

CONFIG = TrussConfig()
TREE = {
    "config.yaml": TreeFile(b""),
    "model/model.py": TreeFile(b"old", 0o755),
    "latest": TreeFile(symlink="model/model.py"),
}


def code(action: Action, path: str, content: bytes | None = None) -> FilePatch:
    return FilePatch("model_code", action, path, content)


def test_add_update_remove() -> None:
    patches: list[Patch] = [
        code(Action.UPDATE, "model.py", b"new"),
        code(Action.ADD, "deep/er/a.py", b"a"),
        FilePatch("file", Action.REMOVE, "latest"),
        FilePatch("package", Action.ADD, "run.sh", b"#!", 0o755),
    ]
    assert apply_to(TREE, patches, CONFIG) == {
        "config.yaml": TreeFile(b""),
        "model/model.py": TreeFile(b"new", 0o755),  # no mode in the patch: as it was
        "model/deep/er/a.py": TreeFile(b"a", 0o644),
        "packages/run.sh": TreeFile(b"#!", 0o755),
    }


def test_a_file_makes_room_for_a_directory() -> None:
    patches = [code(Action.REMOVE, "model.py"), code(Action.ADD, "model.py/part.py", b"")]
    assert "model/model.py/part.py" in apply_to(TREE, patches, CONFIG)


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert apply_to(TREE, [code(Action.REMOVE, "gone.py")], CONFIG) == TREE


def test_a_config_patch_writes_its_text_exactly() -> None:
    patch = ConfigPatch(Action.UPDATE, "config.yaml", {}, "model_name: x\r\n# é\r\n")
    after = apply_to(TREE, [patch], CONFIG)
    assert after["config.yaml"].content == "model_name: x\r\n# é\r\n".encode()


def test_a_config_patch_without_text_writes_its_dump() -> None:
    patch = ConfigPatch(Action.UPDATE, "config.yaml", {"model_name": "é", "data_dir": "d"})
    after = apply_to(TREE, [patch], CONFIG)
    assert after["config.yaml"].content.decode() == "model_name: é\ndata_dir: d\n"


@pytest.mark.parametrize(
    ("values", "text"),
    [({"model_module_dir": "src"}, None), ({"model_module_dir": "old"}, "model_module_dir: src")],
    ids=["values alone", "the text decides"],
)
def test_paths_are_those_of_the_new_config(values: dict[str, str], text: str | None) -> None:
    patches: list[Patch] = [
        ConfigPatch(Action.UPDATE, "config.yaml", values, text),
        code(Action.ADD, "model.py", b"x"),
    ]
    config = config_after(patches, CONFIG)
    assert apply_to(TREE, patches, config)["src/model.py"].content == b"x"


@pytest.mark.parametrize(
    ("patches", "complaint"),
    [
        ([code(Action.ADD, "model.py/x", b"")], "model/model.py is no directory"),
        ([FilePatch("file", Action.ADD, "model", b"")], "model is no directory"),
        ([FilePatch("file", Action.ADD, "latest/x", b"")], "latest is no directory"),
        (
            [
                code(Action.UPDATE, "model.py", b"a"),
                FilePatch("file", Action.UPDATE, "model/model.py", b"b"),
            ],
            "two patches change model/model.py",
        ),
        (
            [FilePatch("file", Action.UPDATE, "config.yaml", b"")],
            "config.yaml is changed by a config patch, not by file",
        ),
        ([FilePatch("file", Action.REMOVE, "config.yaml")], "by a config patch"),
    ],
)
def test_what_is_no_tree_is_refused(patches: list[Patch], complaint: str) -> None:
    with pytest.raises(PatchError, match=complaint):
        apply_to(TREE, patches, CONFIG)


@pytest.mark.parametrize("target", ["..", "../x", "model/../../x", "here/../x"])
def test_a_link_that_would_lead_out_is_refused(target: str) -> None:
    tree = {**TREE, "here": TreeFile(symlink=".")}
    patch = FilePatch("file", Action.ADD, "out", symlink=target)
    with pytest.raises(PathError, match=r"out is a symbolic link to .*leads out"):
        apply_to(tree, [patch], CONFIG)


SEGMENTS = st.sampled_from(["a", "b.py", "é", "data", "packages", "x y", "model"])
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)
CONTENTS = st.sampled_from([b"", b"text\r\n", b"\x00\xff", "é".encode(), b"same"])
FILES = st.one_of(
    st.builds(TreeFile, CONTENTS, st.sampled_from([0o644, 0o755])),
    st.builds(TreeFile, symlink=st.sampled_from(["a", "b.py", "nothing/there"])),
)
CONFIGS = st.sampled_from(
    [b"", b"model_name: x\r\n", b"model_module_dir: src\n", b"data_dir: model/data\n"]
)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, TreeFile]:
    """Random trees that a disk can hold."""
    tree: dict[str, TreeFile] = {"config.yaml": TreeFile(draw(CONFIGS))}
    for path, file in draw(st.dictionaries(PATHS, FILES, max_size=6)).items():
        if not any(path.startswith(f"{p}/") or p.startswith(f"{path}/") for p in tree):
            tree[path] = file
    return tree


def write_tree(tree: dict[str, TreeFile], root: Path) -> None:
    for path, file in tree.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.symlink is not None:
            place.symlink_to(file.symlink)
        else:
            place.write_bytes(file.content)
            place.chmod(file.mode or 0o644)


def read_tree(root: Path) -> dict[str, TreeFile]:
    return {
        entry.path: TreeFile(symlink=entry.target)
        if entry.target is not None
        else TreeFile(entry.source.read_bytes(), 0o755 if entry.executable else 0o644)
        for entry in scan(root)
    }


@settings(max_examples=60)
@given(trees(), trees())
def test_a_diff_applied_is_the_other_tree(
    old: dict[str, TreeFile], new: dict[str, TreeFile]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        before, after, patched = (Path(directory, name) for name in ("old", "new", "patched"))
        write_tree(old, before)
        write_tree(new, after)
        found = difference(Signature.of(before), after)
        patches = patches_from_wire([patch.to_wire() for patch in found.patches])

        result = apply_to(
            read_tree(before),
            patches,
            config_after(patches, TrussConfig.from_yaml(before / "config.yaml")),
        )

        write_tree(result, patched)
        assert truss_hash(patched) == truss_hash(after) == found.signature.hash
        assert difference(Signature.of(before), after).patches == found.patches
        assert (found.patches == []) is (truss_hash(before) == truss_hash(after))
