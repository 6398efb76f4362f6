"""Which engine is meant: as the docker command decides, contexts included."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from truss_handle.exceptions import DockerUnavailable
from truss_handle.runtimes.docker_endpoint import Endpoint, find_endpoint


def write_context(home: Path, name: str, meta: Any) -> Path:
    """A context as `docker context create` leaves it; its folder of certificates."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    contexts = home / ".docker" / "contexts"
    file = contexts / "meta" / digest / "meta.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(meta))
    return contexts / "tls" / digest / "docker"


def use_context(home: Path, name: str) -> None:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"currentContext": name}))


def meta(host: str, *, skip: bool = False) -> Any:
    return {"Name": "x", "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": skip}}}


def test_without_any_setting_the_default_socket(tmp_path: Path) -> None:
    assert find_endpoint({}, tmp_path) == Endpoint()


def test_the_current_context_counts(tmp_path: Path) -> None:
    write_context(tmp_path, "colima", meta("unix:///colima/docker.sock"))
    use_context(tmp_path, "colima")
    found = find_endpoint({}, tmp_path)
    assert found.host == "unix:///colima/docker.sock"
    assert str(found) == "unix:///colima/docker.sock (docker context colima)"


@pytest.mark.parametrize(
    ("environ", "host"),
    [
        ({"DOCKER_CONTEXT": "other"}, "ssh://other"),
        ({"DOCKER_HOST": "tcp://one:1", "DOCKER_CONTEXT": "other"}, "tcp://one:1"),
        ({"DOCKER_CONTEXT": "default"}, None),
    ],
)
def test_the_environment_goes_before_the_current_context(
    tmp_path: Path, environ: dict[str, str], host: str | None
) -> None:
    write_context(tmp_path, "current", meta("ssh://current"))
    write_context(tmp_path, "other", meta("ssh://other"))
    use_context(tmp_path, "current")
    assert find_endpoint(environ, tmp_path).host == host


def test_the_certificates_of_a_context(tmp_path: Path) -> None:
    tls = write_context(tmp_path, "far", meta("tcp://far:2376", skip=True))
    tls.mkdir(parents=True)
    found = find_endpoint({"DOCKER_CONTEXT": "far"}, tmp_path)
    assert (found.tls, found.verify) == (tls, False)


def test_the_certificates_of_docker_host(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": "tcp://far:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c"}
    assert find_endpoint(environ, tmp_path).tls == Path("/c")
    assert find_endpoint({**environ, "DOCKER_TLS_VERIFY": ""}, tmp_path).tls is None


@pytest.mark.parametrize("content", [None, [], {"Endpoints": {}}])
def test_a_context_that_cannot_be_read_is_named(tmp_path: Path, content: Any) -> None:
    if content is not None:
        write_context(tmp_path, "broken", content)
    use_context(tmp_path, "broken")
    with pytest.raises(DockerUnavailable, match="the docker context broken cannot be read"):
        find_endpoint({}, tmp_path)


@pytest.mark.parametrize(
    ("host", "remote"),
    [
        (None, None),
        ("unix:///var/run/docker.sock", None),
        ("npipe:////./pipe/docker_engine", None),
        ("tcp://127.0.0.1:2375", None),
        ("tcp://localhost:2375", None),
        ("tcp://10.0.0.7:2376", "10.0.0.7"),
        ("ssh://me@gpu-box:2222", "me@gpu-box"),
    ],
)
def test_whether_the_engine_is_on_another_machine(host: str | None, remote: str | None) -> None:
    assert Endpoint(host).remote == remote


def test_messages_say_where_and_how_it_was_found() -> None:
    assert str(Endpoint()) == "/var/run/docker.sock (the default socket)"
    assert str(Endpoint("tcp://far:1", origin="DOCKER_HOST")) == "tcp://far:1 (DOCKER_HOST)"
