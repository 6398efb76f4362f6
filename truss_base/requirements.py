"""The Python requirements that a requirements file asks for.

Only as much as a signature needs to name what changed; installing them is the work of others.
"""

from __future__ import annotations

import re
import sys
from typing import Any

# pip joins a line that ends with a backslash to the next, and starts a comment at ` #`.
_CONTINUATION = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"(^|\s)#.*$")
_EGG = re.compile(r"#egg=([A-Za-z0-9._-]+)")


def parse(filename: str, text: str) -> list[str]:
    """The requirements in a requirements file, in its order.

    `uv.lock` yields its pinned packages, `pyproject.toml` the project's dependencies, any other
    name is read as pip would, one requirement or option per line. A TOML file that does not parse
    yields nothing: its content hash still tells that it changed.
    """
    name = filename.rpartition("/")[2]
    if name == "uv.lock":
        packages = _toml(text).get("package", [])
        return [f"{item['name']}=={item['version']}" for item in packages if "version" in item]
    if name == "pyproject.toml":
        project = _toml(text).get("project", {})
        return [str(item) for item in project.get("dependencies", [])]
    lines = _CONTINUATION.sub(" ", text.removeprefix("\ufeff")).splitlines()
    stripped = (_COMMENT.sub("", line).strip() for line in lines)
    return [" ".join(line.split()) for line in stripped if line]


def key(requirement: str) -> str:
    """What a requirement is about: the canonical name of its project, else its whole text."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        return str(canonicalize_name(Requirement(requirement).name))
    except InvalidRequirement:
        egg = _EGG.search(requirement)
        return str(canonicalize_name(egg.group(1))) if egg else requirement


def _toml(text: str) -> dict[str, Any]:
    # Python 3.10 has no reader of TOML; its requirements are then known by their file's hash only.
    if sys.version_info < (3, 11):
        return {}
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
