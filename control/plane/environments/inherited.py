"""Whether an environment builds on packages from outside it, which uv takes for absent.

The image installs with pip, which leaves alone what the base image has; uv would install it again
in another version (astral-sh/uv#4466). So such an environment is not one to install into.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_INHERITS = re.compile(r"(?mi)^include-system-site-packages\s*=\s*true\s*$")
# Every Python brings these, and no model depends on them.
_SEEDS = {"pip", "setuptools", "wheel", "distribute", "pkg-resources"}
_LIST = """
import importlib.metadata, os, sys
own = os.path.realpath(sys.prefix) + os.sep
for package in importlib.metadata.distributions():
    where = os.path.realpath(str(package.locate_file("")))
    if not (where + os.sep).startswith(own):
        print(package.metadata["Name"])
"""


def inherits_packages(python: Path) -> bool:
    """Whether the interpreter sees packages that its own environment does not hold."""
    try:
        settings = (python.parent.parent / "pyvenv.cfg").read_text()
    except OSError:
        return False
    # An image adds the base image's own environment by a path file.
    if not _INHERITS.search(settings) and not list(_path_files(python)):
        return False
    listed = subprocess.run([python, "-c", _LIST], capture_output=True, text=True, check=False)
    names = {re.sub(r"[-_.]+", "-", name).lower() for name in listed.stdout.split()}
    return bool(names - _SEEDS)


def _path_files(python: Path) -> list[Path]:
    return list(python.parent.parent.glob("lib/python*/site-packages/base_image.pth"))
