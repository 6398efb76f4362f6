"""Patches on the wire: exact both ways, and everything wrong is refused by name."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truss_base.config import TrussConfig
from truss_base.exceptions import MalformedPatch, PatchError, PathError, UnknownPatchType
from truss_base.patch import (
    Action,
    ConfigPatch,
    EnvironmentVariablePatch,
    ExternalDataPatch,
    FilePatch,
    Patch,
    RequirementPatch,
    SystemPackagePatch,
    patch_from_wire,
    patches_from_wire,
    place,
    tree_path,
)

PATCHES: list[Patch] = [
    FilePatch("model_code", Action.UPDATE, "model.py", b"class Model: ...\n", 0o644),
    FilePatch("model_code", Action.UPDATE, "windows.py", b"a = 1\r\nb = 2\r\n", 0o644),
    FilePatch("model_code", Action.ADD, "empty.py", b""),
    FilePatch("model_code", Action.ADD, "marked.txt", b"\xef\xbb\xbfwith a byte-order mark"),
    FilePatch("package", Action.ADD, "native.so", b"\x7fELF\x00\xff\xfe", 0o755),
    FilePatch("package", Action.REMOVE, "old/gone.py"),
    FilePatch("data", Action.UPDATE, "weights.bin", b"\x00" * 1000),
    FilePatch("file", Action.ADD, "latest", symlink="model/model.py"),
    FilePatch("file", Action.ADD, "läsmich.md", "Größe\u2028".encode()),
    ConfigPatch(Action.UPDATE, "config.yaml", {"model_name": "x"}, "model_name: x\r\n"),
    ConfigPatch(Action.UPDATE, "config.yaml", {"model_name": "x"}),
    RequirementPatch(Action.UPDATE, "numpy==1.26"),
    SystemPackagePatch(Action.REMOVE, "ffmpeg"),
    EnvironmentVariablePatch(Action.ADD, {"MODE": "fast"}),
    ExternalDataPatch(Action.ADD, {"url": "https://x/y", "local_data_path": "y"}),
]


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: type(patch).__name__)
def test_every_patch_survives_the_wire(patch: Patch) -> None:
    wire = json.loads(json.dumps(patch.to_wire()))
    assert set(wire) == {"type", "body"}
    assert wire["body"]["action"] in ("ADD", "UPDATE", "REMOVE")
    assert patch_from_wire(wire) == patch


@given(st.binary(max_size=200))
def test_any_content_survives_the_wire(content: bytes) -> None:
    patch = FilePatch("data", Action.ADD, "x", content)
    assert patch_from_wire(json.loads(json.dumps(patch.to_wire()))) == patch


@pytest.mark.parametrize(
    ("wire", "patch"),
    [
        (
            {"action": "UPDATE", "path": "model.py", "content": "x", "hot_reload": True},
            FilePatch("model_code", Action.UPDATE, "model.py", b"x"),
        ),
        (
            {"action": "ADD", "path": "a/b.so", "content": None, "content_bytes": "AP8="},
            FilePatch("model_code", Action.ADD, "a/b.so", b"\x00\xff"),
        ),
        (
            {"action": "REMOVE", "path": "model.py", "content": None},
            FilePatch("model_code", Action.REMOVE, "model.py"),
        ),
    ],
)
def test_bodies_of_the_existing_implementation(wire: dict[str, Any], patch: Patch) -> None:
    assert patch_from_wire({"type": "model_code", "body": wire}) == patch


def test_a_config_body_of_the_existing_implementation() -> None:
    body = {"action": "UPDATE", "config": {"model_name": "x"}}
    expected = ConfigPatch(Action.UPDATE, "config.yaml", {"model_name": "x"})
    assert patch_from_wire({"type": "config", "body": body}) == expected


def test_values_that_only_yaml_knows_travel_as_text() -> None:
    values = "{day: 2026-01-02, odd: .nan, raw: !!binary AP8=, real: 1.5, tags: !!set {a}}"
    text = f"model_metadata: {values}"
    dump = TrussConfig.from_text(text).to_dict(verbose=True)
    patch = ConfigPatch(Action.UPDATE, "config.yaml", dump, text)
    wire = json.loads(json.dumps(patch.to_wire(), allow_nan=False))
    assert patch_from_wire(wire) == patch
    assert wire["body"]["config"]["model_metadata"]["day"] == "2026-01-02"
    assert wire["body"]["config"]["model_metadata"]["real"] == 1.5


def file_body(**changes: Any) -> dict[str, Any]:
    return {"action": "UPDATE", "path": "a.py", "content": "", **changes}


@pytest.mark.parametrize(
    ("wire", "complaint"),
    [
        (None, "patches[1] must be an object, not null"),
        ([], "patches[1] must be an object, not a list"),
        ({}, "patches[1].type must be text, not null"),
        ({"type": "model_code"}, "patches[1].body must be an object, not null"),
        ({"type": "model_code", "body": {}}, "patches[1].body.action is missing"),
        (
            {"type": "model_code", "body": file_body(action="MOVE")},
            "patches[1].body.action must be ADD, UPDATE or REMOVE, not 'MOVE'",
        ),
        (
            {"type": "model_code", "body": {"action": "ADD", "content": ""}},
            "patches[1].body.path is missing",
        ),
        (
            {"type": "model_code", "body": file_body(path=7)},
            "patches[1].body.path must be text, not a number",
        ),
        (
            {"type": "model_code", "body": {"action": "ADD", "path": "a"}},
            "patches[1].body.content is missing",
        ),
        (
            {"type": "data", "body": file_body(content=["x"])},
            "patches[1].body.content must be text, not a list",
        ),
        (
            {"type": "data", "body": file_body(content_bytes="AA==")},
            "patches[1].body.content and content_bytes are both given",
        ),
        (
            {"type": "data", "body": file_body(content=None, content_bytes="%")},
            "patches[1].body.content_bytes is not base64",
        ),
        (
            {"type": "data", "body": file_body(content="\ud800")},
            "patches[1].body.content is not valid Unicode",
        ),
        (
            {
                "type": "data",
                "body": file_body(blob={"sha256": "a" * 64, "chunks": [["b" * 64, 3]]}),
            },
            "aaaaaaaaaaaa is one chunk, which has another sha256",
        ),
        (
            {"type": "file", "body": file_body(mode="777")},
            "patches[1].body.mode must be '644' or '755', not '777'",
        ),
        (
            {"type": "config", "body": {"action": "UPDATE"}},
            "patches[1].body.config is missing",
        ),
        (
            {"type": "config", "body": {"action": "REMOVE", "config": {}}},
            "config.yaml cannot be removed",
        ),
        (
            {"type": "environment_variable", "body": {"action": "ADD", "item": {}}},
            "patches[1].body.item must hold exactly one variable, not 0",
        ),
        (
            {"type": "environment_variable", "body": {"action": "ADD", "item": {"A": 1}}},
            "patches[1].body.item.A must be text without NUL, not a number",
        ),
        (
            {"type": "environment_variable", "body": {"action": "ADD", "item": {"A=B": "1"}}},
            "'A=B' is no name of an environment variable",
        ),
        (
            {"type": "external_data", "body": {"action": "ADD", "item": {"url": "x"}}},
            "patches[1].body.item.local_data_path must be text",
        ),
        (
            {"type": "python_requirement", "body": {"action": "ADD"}},
            "patches[1].body.requirement is missing",
        ),
        (
            {"type": "system_package", "body": {"action": "ADD", "package": True}},
            "patches[1].body.package must be text, not a truth value",
        ),
    ],
)
def test_a_malformed_patch_is_refused_by_key_and_place(wire: object, complaint: str) -> None:
    good = PATCHES[0].to_wire()
    with pytest.raises(MalformedPatch) as caught:
        patches_from_wire([good, wire])
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_patches_come_as_a_list() -> None:
    with pytest.raises(MalformedPatch, match="patches must be a list, not an object"):
        patches_from_wire({})


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(UnknownPatchType, match=r"patches\[0\].type 'wheel' is not known here"):
        patches_from_wire([{"type": "wheel", "body": {}}])


OUTSIDE = ["../x", "/etc/x", "a/../../x", "..", "", ".", "C:/x", "a\\..\\x", "a\0b", "bad\udcff"]


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize(
    "wire",
    [
        *(
            {"type": kind, "body": file_body()}
            for kind in ("model_code", "package", "data", "file")
        ),
        {"type": "model_code", "body": {"action": "REMOVE"}},
        {"type": "config", "body": {"action": "UPDATE", "config": {}}},
    ],
    ids=lambda wire: f"{wire['type']}-{wire['body']['action']}",
)
def test_no_path_of_any_type_leaves(wire: dict[str, Any], path: str) -> None:
    body = {**wire["body"], "path": path}
    with pytest.raises(MalformedPatch, match=r"^patches\[0\].body: "):
        patches_from_wire([{**wire, "body": body}])


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_downloaded_file_leaves(path: str) -> None:
    item = {"url": "https://x", "local_data_path": path}
    with pytest.raises(MalformedPatch, match=r"^patches\[0\].body: "):
        patches_from_wire([{"type": "external_data", "body": {"action": "ADD", "item": item}}])


@pytest.mark.parametrize("target", ["/etc/passwd", "a\\b", "a\0b", ""])
def test_a_link_that_can_only_leave_is_refused(target: str) -> None:
    with pytest.raises(MalformedPatch):
        patch_from_wire({"type": "file", "body": file_body(content=None, symlink=target)})


def test_a_config_patch_writes_the_config_only() -> None:
    body = {"action": "UPDATE", "config": {}, "path": "model/model.py"}
    with pytest.raises(MalformedPatch, match=r"a config patch writes config\.yaml only"):
        patch_from_wire({"type": "config", "body": body})


def test_large_content_is_base64_of_the_bytes() -> None:
    body = FilePatch("data", Action.ADD, "x", b"\xff" * 10).to_wire()["body"]
    assert body["content"] is None
    assert base64.b64decode(body["content_bytes"]) == b"\xff" * 10


CONFIG = TrussConfig(model_module_dir="model", bundled_packages_dir="packages", data_dir="data")


@pytest.mark.parametrize(
    ("path", "kind", "rest"),
    [
        ("model/model.py", "model_code", "model.py"),
        ("packages/a/b.py", "package", "a/b.py"),
        ("data/weights.bin", "data", "weights.bin"),
        ("README.md", "file", "README.md"),
        ("model_extra/a.py", "file", "model_extra/a.py"),
        ("model", "file", "model"),
    ],
)
def test_where_a_path_belongs(path: str, kind: str, rest: str) -> None:
    assert place(path, CONFIG) == (kind, rest)
    assert tree_path(FilePatch(place(path, CONFIG)[0], Action.REMOVE, rest), CONFIG) == path


@pytest.mark.parametrize(
    ("directories", "path", "placed"),
    [
        ({"model_module_dir": "."}, "model.py", ("model_code", "model.py")),
        ({"model_module_dir": "."}, "packages/a.py", ("package", "a.py")),
        ({"data_dir": "model/data"}, "model/data/x", ("data", "x")),
        ({"model_module_dir": "src/app/"}, "src/app/m.py", ("model_code", "m.py")),
    ],
)
def test_the_innermost_directory_wins(
    directories: dict[str, str], path: str, placed: tuple[str, str]
) -> None:
    assert place(path, TrussConfig(**directories)) == placed


def test_a_directory_outside_holds_no_patches() -> None:
    patch = FilePatch("model_code", Action.REMOVE, "model.py")
    config = TrussConfig.tolerant({"model_module_dir": "../elsewhere"})
    with pytest.raises(PathError, match=r"'\.\.'"):
        tree_path(patch, config)


def test_a_requirement_has_no_path() -> None:
    with pytest.raises(PatchError, match="python_requirement patch has no path"):
        tree_path(RequirementPatch(Action.ADD, "numpy"), CONFIG)
