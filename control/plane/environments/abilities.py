"""What this container, or this machine, can install for a patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan import Abilities

if TYPE_CHECKING:
    from pathlib import Path

NO_UV = "there is no uv beside the control plane to install packages with"
NO_ENVIRONMENT = "the model runs in no virtual environment that could be cloned"
BASE_PACKAGES = (
    "the image brings Python packages of its own, which a new environment could not take into "
    "account"
)
HOST = "no system packages are installed on the machine of a developer"
# A fresh Python has these, and no requirement is decided by them.
_SEEDS = frozenset({"pip", "setuptools", "wheel", "distribute", "pkg_resources"})


def abilities(python: Path, uv: Path | None, system_packages: str | None) -> Abilities:
    """What can be installed. `python` is the model's first interpreter; `system_packages` says
    why none can be, or is None."""
    return Abilities(_requirements(python, uv), system_packages)


def _requirements(python: Path, uv: Path | None) -> str | None:
    if uv is None:
        return NO_UV
    settings = python.parent.parent / "pyvenv.cfg"
    if not settings.is_file():
        return NO_ENVIRONMENT
    return None
