"""A real engine, a base image from this machine, and Trusses whose containers go with the test."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from truss_handle.exceptions import DockerUnavailable
from truss_handle.registry import instance_id
from truss_handle.runtimes.docker_container import ID_LABEL, of_instance, remove
from truss_handle.runtimes.docker_engine import engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient
    from docker.models.images import Image

# Where this machine's TLS is re-signed by a proxy, its list of authorities is needed inside, too.
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")

LAYERS = "control-truss-test-layers"

CONFIG = """\
use_control_plane: true
python_version: py311
secrets:
  api_key: null
environment_variables:
  MOOD: calm
"""
MODEL = """\
import os

class Model:
    def __init__(self, **kwargs):
        self.secrets = kwargs["secrets"]

    def load(self):
        print("loading with care")
        self.key = self.secrets["api_key"]

    def predict(self, model_input):
        return {"answer": "first", "pid": os.getpid(), "mood": os.environ["MOOD"], "key": self.key}
"""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests marked `docker` need an engine; REQUIRE_ALL=1 makes its absence a failure."""
    if item.get_closest_marker("docker") and (reason := why_no_engine()):
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@cache
def why_no_engine() -> str:
    """Empty where an engine answers."""
    try:
        with engine(5):
            return ""
    except DockerUnavailable as error:
        return f"{error} (scripts/docker-engine installs and starts one)"


@pytest.fixture(scope="session")
def base_image(repository: Path) -> str:
    """A Debian with Python that needs no registry."""
    script = repository / "scripts" / "docker-base-image"
    found = subprocess.run([script], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base_image: str) -> None:
    """State, cache and settings of a machine that has not run anything yet."""
    monkeypatch.setenv("CONTROL_TRUSS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CONTROL_TRUSS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CONTROL_TRUSS_BASE_IMAGE", base_image)
    monkeypatch.setenv("TRUSS_SECRET_api_key", "s3cret-value")
    if CA_BUNDLE.is_file():
        monkeypatch.setenv("CONTROL_TRUSS_CA_BUNDLE", str(CA_BUNDLE))


@pytest.fixture
def truss(tmp_path: Path, machine: None) -> Iterator[Path]:
    """A control Truss; what runs of it, and its images, are removed afterwards."""
    folder = tmp_path / "greeter"
    (folder / "model").mkdir(parents=True)
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "model" / "model.py").write_text(MODEL)
    yield folder
    kind = "own-base" if "base_image" in (folder / "config.yaml").read_text() else "base"
    clean_up(instance_id(folder, "docker"), f"{LAYERS}:{kind}")


def clean_up(instance: str, layers: str) -> None:
    """Remove its containers and its images; one image stays, under a name of the tests."""
    with engine() as (client, _):
        for container in of_instance(client, instance):
            remove(container)
        images = client.images.list(filters={"label": f"{ID_LABEL}={instance}"})
        for image in images[:1]:
            keep_layers(client, image, layers)
        for image in images[1:]:
            client.images.remove(str(image.id), force=True)


def keep_layers(client: DockerClient, image: Image, name: str) -> None:
    """The environments in it are every test's: without any image on them the engine drops them."""
    own_name = image.tags[0] if image.tags else None
    before = client.images.list(name=name)
    image.tag(name)
    if own_name:
        client.images.remove(own_name)
    for old in before:
        if old.id != image.id:
            client.images.remove(str(old.id), force=True)
