"""Runs inside the image, with the base image's Python: makes the two environments.

    PYTHON make_environments.py CONTROL_REQUIREMENTS [EXPECTED_VERSION]

The user's environment builds on the base image's packages and is left empty here. The control
plane's is complete afterwards. Only the standard library, Python 3.9 and newer.
"""

from __future__ import annotations

import os
import site
import subprocess
import sys
from pathlib import Path

TOOLS = Path("/control/tools")
CONTROL = Path("/control/.venv")
USER = Path("/app/.venv")
OLDEST, NEWEST = (3, 9), (3, 14)
OLDEST_CONTROL = (3, 10)

# Settings that a base image makes for its own environment, and that would redirect ours.
FOREIGN = {
    "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "PIP_TARGET", "PIP_USER",
    "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "UV_SYSTEM_PYTHON", "VIRTUAL_ENV",
}  # fmt: skip


def main(control_requirements: str, expected: str = "") -> None:
    check_version(sys.version_info[:2], expected)
    make_tools()
    make_user_environment()
    make_control_environment(control_requirements)


def check_version(found: tuple[int, ...], expected: str) -> None:
    """Stop the build where the model could not run anyway."""
    name = f"{found[0]}.{found[1]}"
    if not OLDEST <= found <= NEWEST:
        sys.exit(f"the base image has Python {name}; a Truss needs 3.9 to 3.14")
    if expected and name != expected:
        sys.exit(
            f"the base image has Python {name}, but python_version asks for {expected} "
            "(--any-python accepts it)"
        )


def make_tools() -> None:
    """pip for the user's packages, uv for ours."""
    try:
        run(sys.executable, "-m", "venv", TOOLS)
    except subprocess.CalledProcessError:
        sys.exit("the base image's Python has no venv module: add python3-venv to system_packages")
    run(TOOLS / "bin" / "pip", "install", "--quiet", "--no-cache-dir", "--upgrade", "pip", "uv")


def make_user_environment() -> None:
    run(sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", USER)
    if sys.prefix == sys.base_prefix:
        return
    # The base image's Python is itself a virtual environment: the new one would build on what is
    # under that one and miss its packages.
    inherited = "\n".join(site.getsitepackages()) + "\n"
    packages = USER / "lib" / "python{}.{}".format(*sys.version_info[:2]) / "site-packages"
    (packages / "base_image.pth").write_text(inherited)


def make_control_environment(requirements: str) -> None:
    # Where the model's Python is too old for the control plane, uv fetches another.
    own = sys.executable if sys.version_info >= OLDEST_CONTROL else "3.12"
    uv = TOOLS / "bin" / "uv"
    run(uv, "venv", "--quiet", "--no-config", "--python", own, CONTROL)
    run(
        uv, "pip", "install", "--quiet", "--no-config", "--no-cache", "--compile-bytecode",
        "--require-hashes", "--python", CONTROL / "bin" / "python", "-r", requirements,
    )  # fmt: skip


def run(*command: str | Path) -> None:
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    subprocess.run([str(part) for part in command], check=True, env=own)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    # pip and uv have said on stderr what went wrong; a traceback of this file would bury it.
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
