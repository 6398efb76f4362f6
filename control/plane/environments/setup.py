"""What this container, or this machine, can install for a patch, and the installer for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from control.plane.environments.apt import Apt, why_no_apt
from control.plane.environments.inherited import inherits_packages
from control.plane.environments.installer import Installer
from control.plane.environments.store import EnvironmentStore
from control.plane.environments.system import SystemPackages
from control.plane.environments.uv import Uv, find_uv
from control.plane.exceptions import UsageError
from truss_base.plan import Abilities

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NO_UV = "there is no uv beside the control plane to install packages with"
NO_ENVIRONMENT = "the model runs in no virtual environment that could be cloned"
BASE_PACKAGES = (
    "packages of the base image count as installed only while the environment or image is built"
)
HOST = "the local runtime installs no system packages on your machine"


def make_installer(
    folder: Path,
    python: Path,
    own: Path,
    *,
    limit: float,
    uses_apt: bool,
    network: Mapping[str, str],
) -> Installer:
    """The installer over the environments in `folder`, the first of which is that of `python`.

    `own` is the requirements file of the inference server, `limit` in seconds.
    """
    program = find_uv()
    no_apt = why_no_apt() if uses_apt else HOST
    return Installer(
        EnvironmentStore(folder, python),
        Uv(program, limit, network) if program else None,
        own,
        None if no_apt else SystemPackages(Apt(limit, network), folder.with_name("system.json")),
        lambda: Abilities(why_no_requirements(python, program), no_apt),
    )


def why_no_requirements(python: Path, uv: Path | None) -> str | None:
    """Why no requirements can be installed here; None where they can."""
    if uv is None:
        return NO_UV
    if not (python.parent.parent / "pyvenv.cfg").is_file():
        return NO_ENVIRONMENT
    return BASE_PACKAGES if inherits_packages(python) else None


def index_settings(file: Path | None) -> dict[str, str]:
    """The variables in a file of settings, none without one. Only the installers are shown them.

    Raises:
        UsageError: it is no JSON object of texts.
    """
    if file is None or not file.exists():
        return {}
    try:
        settings = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"The index settings in {file} cannot be read.") from error
    if not isinstance(settings, dict):
        raise UsageError(f"The index settings in {file} are no JSON object.")
    return {str(name): str(value) for name, value in settings.items()}
