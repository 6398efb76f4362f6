"""The Python requirements that a requirements file asks for.

Only as much as is needed to name what changed, and what else they depend on; installing them is
the work of others.
"""

from __future__ import annotations

import posixpath
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# pip joins a line that ends with a backslash to the next, and starts a comment at ` #`.
_CONTINUATION = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r"(^|\s)#.*$")
_OPTIONS = re.compile(r"\s--?[a-z].*$", re.DOTALL)
_EGG = re.compile(r"#egg=([A-Za-z0-9._-]+)")
_INCLUDED = re.compile(r"(?m)^\s*(?:-r|-c|--requirement|--constraint)[\s=]+(\S+)")
# `./wheels/a.whl`, `-e ../lib[extra]`, `--find-links ./wheels`, `name @ file:./lib`.
_PATH = re.compile(
    r"""(?:(?:-e|--editable|-f|--find-links)[\s=]+(?:file:)?|[A-Za-z0-9._-]+(?:\[[^\]]*\])?\s*@\s*(?:file:)?|file:)?
        (\.{0,2}/[^\s;\[#]*|\.{1,2}(?=[\s;\[#]|$)|[^\s;\[#:]+\.(?:whl|zip|tar\.gz)(?=[\s;\[#]|$))""",
    re.VERBOSE,
)


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
    return project(requirement) or requirement


def project(requirement: str) -> str | None:
    """The canonical name of a requirement's project; None where only installing it would tell."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        return str(canonicalize_name(Requirement(_bare(requirement)).name))
    except InvalidRequirement:
        egg = _EGG.search(requirement)
        return str(canonicalize_name(egg.group(1))) if egg else None


def pinned(requirement: str) -> bool:
    """Whether a requirement leaves no choice of a version."""
    return pin(requirement) is not None


def pin(requirement: str) -> tuple[str, str] | None:
    """The canonical name of a project and the one version of it that a requirement allows."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        parsed = Requirement(_bare(requirement))
    except InvalidRequirement:
        return None
    exact = (
        it for it in parsed.specifier if it.operator in ("==", "===") and "*" not in it.version
    )
    only = next(exact, None)
    return (str(canonicalize_name(parsed.name)), only.version) if only is not None else None


def _bare(line: str) -> str:
    """A line without its comment and without options such as `--hash`."""
    return _OPTIONS.sub("", _COMMENT.sub("", line)).strip()


def included(text: str) -> list[str]:
    """The files that a requirements file includes, spelled as it does: relative to its folder."""
    return _INCLUDED.findall(text)


def gathered(name: str, read: Callable[[str], str]) -> dict[str, str]:
    """The text of a requirements file and of all that it includes, by path. Raises what `read`
    raises."""
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        path = waiting.pop()
        if path not in found:
            text = found[path] = read(path)
            folder = posixpath.dirname(path)
            waiting += [posixpath.normpath(posixpath.join(folder, it)) for it in included(text)]
    return found


def files_of(name: str, read: Callable[[str], str]) -> dict[str, str]:
    """The text of everything that the requirements file `name` consists of, by path. Raises what
    `read` raises."""
    files = gathered(name, read)
    folder, _, last = name.rpartition("/")
    if last == "uv.lock":
        # uv reads a lock together with the project that it was made for.
        project_file = f"{folder}/pyproject.toml" if folder else "pyproject.toml"
        files[project_file] = read(project_file)
    return files


def local_paths(lines: Iterable[str]) -> list[str]:
    """The paths that requirements name, normalised; those that leave the folder begin with `..`
    or `/`."""
    found = [match[1] for line in lines if (match := _PATH.match(line))]
    return sorted({posixpath.normpath(path) for path in found})


def _toml(text: str) -> dict[str, Any]:
    # Python 3.10 has no reader of TOML; its requirements are then known by their file's hash only.
    if sys.version_info < (3, 11):
        return {}
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
