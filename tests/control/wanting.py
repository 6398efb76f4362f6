"""A Truss whose answers tell what is installed, and configs that ask for packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from running_plane import CONFIG, RunningPlane

if TYPE_CHECKING:
    from pathlib import Path

MODEL = """
import importlib, importlib.metadata, os, sys

class Model:
    def predict(self, request):
        names = ("ct-tiny", "ct-leaf", "ct-built")
        found = {d.metadata["Name"].replace("_", "-"): d.version
                 for d in importlib.metadata.distributions()}
        answer = {"pid": os.getpid(), "prefix": sys.prefix}
        if "attribute" in request:
            module, name = request["attribute"].split(".")
            answer["attribute"] = getattr(importlib.import_module(module), name)
        answer["installed"] = {name: found[name] for name in names if name in found}
        return answer
"""


def start(
    plane: RunningPlane, environment: Path, wheels: Path, *options: str, **variables: str
) -> RunningPlane:
    """Starts `plane` so that it installs from `wheels` and asks no index."""
    python = str(environment / "bin" / "python")
    known = {"UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheels), **variables}
    return plane.start("--inference-python", python, *options, environment=known)


def wanting(*requirements: str) -> dict[str, str]:
    """A config that asks for these, one per line from the fourth on."""
    lines = "".join(f"  - {line!r}\n" for line in requirements)
    return {"config.yaml": f"{CONFIG}requirements:\n{lines}" if lines else CONFIG}


def patched(plane: RunningPlane, files: dict[str, str], **members: Any) -> dict[str, Any]:
    """Saves and patches; the answer of a success."""
    response = plane.patch(files, **members)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer
