"""Patches that cannot be taken: one clear message each, and nothing changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from running_plane import CONFIG, RunningPlane, model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES = {"model/model.py": model("'one'"), "data/kept.txt": "kept\n"}
CODE = {"action": "UPDATE", "path": "model.py", "content": "x = 1\n"}


@pytest.fixture(scope="module")
def plane(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    return module_plane(FILES).start("--body-limit", "100000").serving()


@pytest.fixture(autouse=True)
def nothing_changes(plane: RunningPlane) -> Iterator[None]:
    before = plane.status()
    yield
    after = plane.status()
    assert (after["hash"], after["release"]) == (before["hash"], before["release"])
    assert (after["state"], after["pid"]) == ("ready", before["pid"])
    assert plane.predict() == "one"


def send(plane: RunningPlane, *patches: dict[str, Any], **members: Any) -> httpx.Response:
    body = {"hash": "f" * 64, "prev_hash": plane.hash(), "patches": list(patches), **members}
    return plane.post("/control/patch", json=body)


def check(response: httpx.Response, status: int, kind: str, *words: str) -> None:
    problem = response.json()
    assert response.status_code == problem["status"] == status, problem
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["type"] == problem["error"]["type"] == kind
    assert problem["detail"] == problem["error"]["msg"]
    assert "\n" not in problem["detail"]
    for word in words:
        assert word in problem["detail"], problem["detail"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not valid JSON"),
        (b"", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"{}", "'patches' must be a list"),
        (b'{"patches": {}}', "'patches' must be a list"),
        (b'{"patches": []}', "'hash'"),
        (b'{"patches": [], "hash": "abc", "prev_hash": "abc"}', "64 hexadecimal digits"),
        (b'{"patches": [], "dry_run": "yes"}', "'dry_run'"),
        (b"[" * 40_000, "nested too deeply"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_is_no_patch(plane: RunningPlane, body: bytes, words: str) -> None:
    headers = {"content-type": "application/json"}
    response = plane.post("/control/patch", content=body, headers=headers)
    check(response, 400, "invalid_request", words)


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ({"type": "teleport", "body": {}}, ("patches[0].type", "'teleport'")),
        ({"body": CODE}, ("patches[0].type",)),
        ("text", ("patches[0]", "must be an object")),
        ({"type": "model_code"}, ("patches[0].body",)),
        ({"type": "model_code", "body": {**CODE, "action": "MOVE"}}, ("action", "'MOVE'")),
        ({"type": "model_code", "body": {"path": "a", "content": ""}}, ("action", "is missing")),
        ({"type": "model_code", "body": {**CODE, "content": None}}, ("content", "is missing")),
        ({"type": "model_code", "body": {**CODE, "content": 3}}, ("content",)),
        ({"type": "data", "body": {**CODE, "content": None, "content_bytes": "?"}}, ("base64",)),
        ({"type": "data", "body": {**CODE, "mode": "777"}}, ("mode",)),
        ({"type": "config", "body": {"action": "REMOVE", "config": {}}}, ("cannot be removed",)),
        ({"type": "environment_variable", "body": {"action": "ADD", "item": {}}}, ("item",)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_patch_of_unknown_type_or_shape(
    plane: RunningPlane, patch: Any, words: tuple[str, ...]
) -> None:
    check(send(plane, patch), 422, "unsupported_patch", *words)


@pytest.mark.parametrize("kind", ["model_code", "package", "data", "file", "config"])
@pytest.mark.parametrize("path", ["../out.py", "a/../../out.py", "/etc/out", "a\\b", "a\0b"])
def test_a_path_outside_its_root(plane: RunningPlane, kind: str, path: str) -> None:
    body = {"action": "ADD", "path": path, "content": "x", "config": {}}
    check(send(plane, {"type": kind, "body": body}), 422, "unsupported_patch", "path")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"action": "ADD", "path": "up", "symlink": "../../etc"}, "leads out"),
        ({"action": "ADD", "path": "model.py/below.py", "content": ""}, "cannot be written"),
    ],
)
def test_files_that_no_tree_can_hold(plane: RunningPlane, body: dict[str, Any], words: str) -> None:
    check(send(plane, {"type": "model_code", "body": body}), 409, "inadmissible_patch", words)


def test_a_link_and_a_file_through_it(plane: RunningPlane) -> None:
    link = {"action": "ADD", "path": "hole", "symlink": "../data"}
    through = {"action": "ADD", "path": "hole/written.txt", "content": "x"}
    patches = [{"type": "model_code", "body": body} for body in (link, through)]
    check(send(plane, *patches), 409, "inadmissible_patch", "hole/written.txt")


def test_the_same_file_twice(plane: RunningPlane) -> None:
    patch = {"type": "model_code", "body": CODE}
    check(send(plane, patch, patch), 409, "inadmissible_patch", "model/model.py")


def test_the_wrong_prev_hash_names_both(plane: RunningPlane) -> None:
    response = send(plane, {"type": "model_code", "body": CODE}, prev_hash="a" * 64)
    check(response, 409, "inadmissible_patch", "a" * 12, plane.hash()[:12])


def test_patches_that_do_not_lead_to_the_promised_version(plane: RunningPlane) -> None:
    response = send(plane, {"type": "model_code", "body": CODE})
    check(response, 409, "inadmissible_patch", "f" * 12, "not to the promised")


def test_a_config_that_is_no_mapping(plane: RunningPlane) -> None:
    body = {"action": "UPDATE", "path": "config.yaml", "config": {}, "content": "- a\n- b\n"}
    response = send(plane, {"type": "config", "body": body})
    assert response.status_code in (409, 422), response.text
    assert "config.yaml" in response.json()["detail"]


@pytest.mark.parametrize(
    ("action", "declared", "words"),
    [
        ("ADD", {}, "does not declare it"),
        ("UPDATE", {"A": "other"}, "another value"),
        ("REMOVE", {"A": "1"}, "another value"),
    ],
)
def test_an_environment_patch_that_contradicts_the_config(
    plane: RunningPlane, action: str, declared: dict[str, str], words: str
) -> None:
    content = CONFIG + f"environment_variables: {json.dumps(declared)}\n"
    config = {"environment_variables": declared}
    patches = [
        {"type": "config", "body": {"action": "UPDATE", "config": config, "content": content}},
        {"type": "environment_variable", "body": {"action": action, "item": {"A": "1"}}},
    ]
    check(send(plane, *patches), 409, "inadmissible_patch", "'A'", words)


@pytest.mark.parametrize(
    ("action", "asked", "words"),
    [("ADD", [], "does not ask for it"), ("REMOVE", ["six==1"], "asks for it")],
)
def test_a_requirement_patch_that_contradicts_the_config(
    plane: RunningPlane, action: str, asked: list[str], words: str
) -> None:
    content = CONFIG + f"requirements: {json.dumps(asked)}\n"
    config = {"requirements": asked}
    requirement = "six==2" if action == "ADD" else "six"
    patches = [
        {"type": "config", "body": {"action": "UPDATE", "config": config, "content": content}},
        {"type": "python_requirement", "body": {"action": action, "requirement": requirement}},
    ]
    check(send(plane, *patches), 409, "inadmissible_patch", requirement, words)


@pytest.mark.parametrize("instead", [None, "model/fruit.py", "model/model/__init__.py"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_would_leave_no_model(
    new_plane: Callable[..., RunningPlane], instead: str | None, dry_run: bool
) -> None:
    plane = new_plane(FILES).start("--no-spare")
    (plane.truss / "model/model.py").unlink()
    response = plane.patch({instead: FILES["model/model.py"]} if instead else {}, dry_run=dry_run)
    check(response, 409, "inadmissible_patch", "model/model.py is missing", "the class Model")
    assert plane.predict() == "one"


def test_an_expression_too_deep_to_be_read(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane(FILES).start()
    assert plane.patch({"model/model.py": model("+".join(["1"] * 900))}).status_code == 200
    assert plane.predict() == 900
    response = plane.patch({"model/model.py": model("+".join(["1"] * 20_000))})
    check(response, 422, "patch_failed_recoverable", "RecursionError")
    assert plane.predict() == 900


def test_a_body_over_the_limit_by_its_announcement(plane: RunningPlane) -> None:
    patch = {"type": "data", "body": {**CODE, "content": "x" * 200_000}}
    check(send(plane, patch), 413, "too_large", "--body-limit")


def test_a_body_over_the_limit_that_announces_nothing(plane: RunningPlane) -> None:
    chunks = iter([b"x" * 50_000] * 3)
    headers = {"content-type": "application/json"}
    response = plane.post("/control/patch", content=chunks, headers=headers)
    check(response, 413, "too_large")
