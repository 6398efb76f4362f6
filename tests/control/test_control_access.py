"""Who may call `/control/*`, and that predictions need no token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from running_plane import PREDICT, RunningPlane, model

from control.plane.auth import Guard, digest_of, read_token_digest
from control.plane.exceptions import UsageError
from control.plane.settings import parse_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = b"0123456789abcdef0123456789abcdef"
GUARD = Guard.of(digest_of(TOKEN), ["Model.Example", "[2001:db8::1]"])
GOOD = {"host": "127.0.0.1:8080", "authorization": f"Bearer {TOKEN.decode()}"}


def refusal(method: str, headers: dict[str, str]) -> int | None:
    given = [(name.encode(), value.encode()) for name, value in headers.items() if value != ""]
    problem = GUARD.refusal(method, given)
    return None if problem is None else problem.status


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, None),
        ({"host": "localhost"}, None),
        ({"host": "LOCALHOST:1"}, None),
        ({"host": "[::1]:8080"}, None),
        ({"host": "model.example:443"}, None),
        ({"host": "[2001:db8::1]:80"}, None),
        ({"authorization": f"bearer {TOKEN.decode()}"}, None),
        ({"sec-fetch-site": "none"}, None),
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example:8080"}, 403),
        ({"host": "localhost@evil.example"}, 403),
        ({"host": ""}, 403),
        ({"origin": "http://127.0.0.1:8080"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"authorization": ""}, 401),
        ({"authorization": TOKEN.decode()}, 401),
        ({"authorization": f"Basic {TOKEN.decode()}"}, 401),
        ({"authorization": f"Bearer {TOKEN.decode()}0"}, 401),
        ({"authorization": f"Bearer {TOKEN.decode()[:-1]}"}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "", "cookie": f"token={TOKEN.decode()}"}, 401),
    ],
)
def test_the_guard(changed: dict[str, str], status: int | None) -> None:
    assert refusal("GET", {**GOOD, **changed}) == status


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", None),
        ("Application/JSON; charset=utf-8", None),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=application/json", 415),
        ("", 415),
    ],
)
def test_bodies_have_to_be_json(content_type: str, status: int | None) -> None:
    for size in ({"content-length": "2"}, {"transfer-encoding": "chunked"}):
        assert refusal("POST", {**GOOD, **size, "content-type": content_type}) == status
    assert refusal("POST", GOOD) is None, "without a body there is nothing to declare"


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (TOKEN, 0o644, "chmod 600"),
        (TOKEN, 0o620, "chmod 600"),
        (b"short", 0o600, "shorter than"),
        (b"", 0o600, "shorter than"),
        (None, 0o600, "cannot be read"),
    ],
)
def test_token_files_that_are_refused(
    tmp_path: Path, content: bytes | None, mode: int, words: str
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(UsageError, match=words):
        read_token_digest(path)


@pytest.mark.parametrize("content", [TOKEN, b"sha256:" + digest_of(TOKEN).hex().encode()])
def test_a_token_file_holds_the_token_or_its_digest(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content + b"\n")
    path.chmod(0o600)
    assert read_token_digest(path) == digest_of(TOKEN)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "model.example"])
def test_no_token_only_on_loopback(tmp_path: Path, host: str) -> None:
    options = ["--state", str(tmp_path), "--inference-python", "/bin/sh", "--insecure-no-auth"]
    with pytest.raises(UsageError, match="only allowed on loopback"):
        parse_settings([*options, "--host", host])
    assert parse_settings([*options, "--host", "::1"]).token_file is None


@pytest.fixture(scope="module")
def plane(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    source = model("sorted(os.environ)", top="import os")
    plane = module_plane({"model/model.py": source})
    hidden = {"CONTROL_TRUSS_SECRET": "1", "AWS_SECRET_ACCESS_KEY": "2", "LC_ALL": "C.UTF-8"}
    return plane.start("--no-spare", environment=hidden)


@pytest.mark.parametrize("path", ["/control/status", "/control/patch", "/control/nothing"])
def test_every_control_route_wants_the_token(plane: RunningPlane, path: str) -> None:
    url = f"http://127.0.0.1:{plane.port}{path}"
    response = httpx.get(url, trust_env=False)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["error"]["type"] == "unauthorized"
    headers = {"authorization": "Bearer wrong", "content-type": "application/json"}
    assert httpx.post(url, content=b"{}", headers=headers, trust_env=False).status_code == 401


def test_a_web_page_is_refused_even_with_the_token(plane: RunningPlane) -> None:
    with plane.client() as client:
        headers = {"origin": "http://evil.example"}
        assert client.get("/control/status", headers=headers).status_code == 403
        assert client.get("/control/status", headers={"host": "evil.example"}).status_code == 403
        response = client.options("/control/patch", headers=headers)
    assert response.status_code == 403
    assert not [name for name in response.headers if name.startswith("access-control")]


def test_predictions_need_no_token(plane: RunningPlane) -> None:
    url = f"http://127.0.0.1:{plane.port}{PREDICT}"
    assert httpx.post(url, json={}, trust_env=False).status_code == 200


def test_the_model_sees_neither_our_variables_nor_the_developers_keys(
    plane: RunningPlane,
) -> None:
    names = plane.predict()
    assert {"PATH", "LC_ALL"} <= set(names)
    assert not {"CONTROL_TRUSS_SECRET", "AWS_SECRET_ACCESS_KEY"} & set(names)
