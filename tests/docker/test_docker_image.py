"""What a Truss finds in its image, in one image that asks for everything."""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING

import pytest
from docker_trusses import edit, only_container

from truss_handle import TrussHandle, operations
from truss_handle.runtimes.docker_engine import engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.docker

# A base image whose Python is a virtual environment with a package of its own, as many are.
DOCKERFILE = """\
FROM {base}
RUN python3 -m venv --without-pip /opt/py
WORKDIR /opt/py/lib/python3.11/site-packages
RUN echo 'VALUE = "from the base image"' > of_the_base.py \\
 && mkdir of_the_base-1.5.dist-info \\
 && echo 'Name: of_the_base\\nVersion: 1.5' > of_the_base-1.5.dist-info/METADATA
WORKDIR /
ENV UV_SYSTEM_PYTHON=1 PYTHONPATH=/nowhere
USER nobody
"""
CONFIG = """\
use_control_plane: true
base_image:
  image: control-truss-test-base
  python_executable_path: /opt/py/bin/python
requirements:
  - ./mine
external_package_dirs:
  - ../shared
build_commands:
  - cat model/model.py > /app/seen_by_a_command
"""
MODEL = """\
from pathlib import Path

import mine
import of_the_base
import outside

class Model:
    def predict(self, model_input):
        seen = Path("/app/seen_by_a_command").read_text() == Path("model/model.py").read_text()
        return [of_the_base.VALUE, mine.VALUE, outside.VALUE, seen]
"""
ASKED = """
import importlib.metadata, json, re
found = {}
for one in importlib.metadata.distributions():
    found.setdefault(re.sub("[-_.]+", "-", one.metadata["Name"]).lower(), one.version)
print(json.dumps(found))
"""


@pytest.fixture
def base_with_its_own_python(base_image: str) -> Iterator[None]:
    tag = "control-truss-test-base"
    with engine(None) as (client, _):
        dockerfile = io.BytesIO(DOCKERFILE.format(base=base_image).encode())
        for _event in client.api.build(fileobj=dockerfile, tag=tag, rm=True, decode=True):
            pass
        yield
        client.images.remove(tag, force=True)


@pytest.fixture
def demanding(truss: Path, base_with_its_own_python: None) -> Path:
    (truss / "config.yaml").write_text(CONFIG)
    (truss / "model" / "model.py").write_text(MODEL)
    (truss / "mine").mkdir()
    (truss / "mine" / "mine.py").write_text('VALUE = "a path in the requirements"\n')
    (truss / "mine" / "pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1"\n')
    (truss.parent / "shared").mkdir()
    (truss.parent / "shared" / "outside.py").write_text('VALUE = "external"\n')
    return truss


def test_base_image_requirements_external_packages_and_commands(demanding: Path) -> None:
    handle = TrussHandle(demanding, runtime="docker")
    expected = ["from the base image", "a path in the requirements", "external"]
    assert handle.docker_predict({}) == [*expected, True]
    assert handle.status().in_sync is True

    told = asyncio.run(operations.packages(demanding))
    assert told == as_its_python_says(demanding)
    assert (told["of-the-base"], told["mine"]) == ("1.5", "1")

    edit(demanding, "return [", "return ['patched', ")
    assert handle.docker_predict({}) == ["patched", *expected, False]
    assert handle.status().in_sync is True


def as_its_python_says(truss: Path) -> dict[str, str]:
    """Versions by canonical name, the first of each: what an import would find."""
    command = ["/app/.venv/bin/python", "-c", ASKED]
    status, output = only_container(truss).exec_run(command)
    assert status == 0, output.decode()
    found: dict[str, str] = json.loads(output)
    return found
