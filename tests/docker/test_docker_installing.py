"""Packages that a patch adds to a running container: of Python beside its own, of the system."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from docker_trusses import edit, in_container, only_container
from wheels import wheel

from truss_handle import TrussHandle
from truss_handle.exceptions import PatchFailed, RebuildNeeded

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE = 90.0  # seconds

pytestmark = pytest.mark.docker

TELLS = """
    def predict(self, model_input):
        import importlib.metadata, shutil, sys
        names = sorted(it.metadata["Name"] for it in importlib.metadata.distributions())
        return {"leaf": "ct_leaf" in names, "jq": bool(shutil.which("jq")), "in": sys.prefix}

    def first_predict"""


@pytest.fixture
def telling(truss: Path) -> Path:
    """A Truss that tells what is installed, with a wheel that nothing asks for yet."""
    edit(truss, "\n    def predict", TELLS)
    wheel(truss / "wheels", "ct_leaf", "0.1")
    return truss


# The mirrors of the system's packages take their time.
@pytest.mark.timeout(300)
def test_packages_are_added_to_a_running_container(telling: Path) -> None:
    handle = TrussHandle(telling, runtime="docker")
    assert handle.docker_predict({}) == {"leaf": False, "jq": False, "in": "/app/.venv"}
    container = only_container(telling)

    # What does not install, system package or requirement, leaves nothing of either.
    config = (telling / "config.yaml").read_text()
    wanting = "system_packages: [jq]\nrequirements: [./wheels/nothing-1-py3-none-any.whl]\n"
    (telling / "config.yaml").write_text(config + wanting)
    with pytest.raises(PatchFailed, match=r"not found at: \./wheels/nothing"):
        handle.patch()
    assert handle.predict({}).body["jq"] is False

    (telling / "config.yaml").write_text(config + "system_packages: [no-such-package]\n")
    with pytest.raises(PatchFailed, match="Unable to locate package no-such-package"):
        handle.patch()

    wanting = "system_packages: [jq]\nrequirements: [./wheels/ct_leaf-0.1-py3-none-any.whl]\n"
    (telling / "config.yaml").write_text(config + wanting)
    assert handle.patch().strategy == "S3"
    after = handle.predict({}).body
    assert (after["leaf"], after["jq"]) == (True, True)
    assert after["in"].startswith("/control/state/environments/")
    assert in_container(telling, "dpkg --audit") == []

    # Stopped and started, the container is what it was; removed, a new one is built anew.
    container.stop()
    assert handle.docker_predict({}) == after
    assert only_container(telling).id == container.id

    # Killed before a version that brought jq was live, it would start without it again.
    left = in_container(telling, "dpkg-query -W -f '${binary:Package}\\n' | grep -v jq")
    note = json.dumps({"release": "never-live", "before": left})
    in_container(telling, f"echo '{note}' > /control/state/system.json")
    only_container(telling).restart()
    end = time.monotonic() + DEADLINE
    while in_container(telling, "which jq || true"):
        assert time.monotonic() < end, "what was left open was not taken back"
        time.sleep(0.05)

    (telling / "config.yaml").write_text(config)
    with pytest.raises(RebuildNeeded, match="may use what was removed"):
        handle.patch()
