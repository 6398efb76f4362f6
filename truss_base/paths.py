"""The one spelling of a path inside a Truss, and what stays inside.

A path is relative to its root, separated by `/`, in Unicode normalisation form C. Everything that
names a file (hash, signature, patches, ignore rules, releases) uses this spelling, so that the
same Truss has the same names on every system.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from truss_base.exceptions import PathError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_DRIVE = re.compile(r"[A-Za-z]:")

# Linux gives up after 40 links; a chain longer than that is a loop for every practical purpose.
_LINK_LIMIT = 40


def normalize(text: str) -> str:
    """The one spelling of the relative path `text`: `./a//b/` is `a/b`.

    Raises PathError for what cannot name a file below a root on every system: an empty path, an
    absolute one, `..`, a backslash, a drive letter, NUL, or text that is not valid Unicode.
    """
    complaint = _complaint(text)
    if complaint:
        raise PathError(f"path {_shown(text)} {complaint}")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not parts:
        raise PathError(f"path {_shown(text)} names no file")
    if ".." in parts:
        raise PathError(f"path {_shown(text)} contains '..': it has to stay below its root")
    return unicodedata.normalize("NFC", "/".join(parts))


def _complaint(text: str) -> str | None:
    if "\0" in text:
        return "contains a NUL character"
    if "\\" in text:
        return "contains a backslash: separate directories by '/'"
    if text.startswith("/"):
        return "is absolute: it has to be relative to its root"
    if _DRIVE.match(text):
        return "starts with a drive letter: it has to be relative to its root"
    if not is_utf8(text):
        return "is not valid UTF-8: rename it, or list it in .truss_ignore"
    return None


def is_utf8(text: str) -> bool:
    """Whether a name read from the system was valid UTF-8."""
    # Python smuggles undecodable bytes of file names as lone surrogates.
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_utf8_bytes(content: bytes) -> bool:
    """Whether a content is text."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _shown(text: str) -> str:
    return repr(text if len(text) <= 200 else text[:200] + "…")


def directory(text: str) -> str:
    """The one spelling of a directory: as `normalize`, and `""` for the root itself (`.`)."""
    if not text.startswith("/") and set(text.split("/")) <= {"", "."}:
        return ""
    return normalize(text)


def join(base: str, path: str) -> str:
    """`path` below the directory `base`, both already normalised."""
    return f"{base}/{path}" if base else path


def below(path: str, base: str) -> str | None:
    """What remains of `path` below the directory `base`; None when it lies elsewhere.

    Compares whole components: `model_extra/a.py` is not below `model`.
    """
    if not base:
        return path
    return path[len(base) + 1 :] if path.startswith(base + "/") else None


def utf8_order(path: str) -> bytes:
    """The sort key of paths: their UTF-8 bytes, the same in every locale and on every system."""
    return path.encode()


def leaves(path: str, target: str, links: Mapping[str, str], root: str = "") -> bool:
    """Whether the symbolic link at `path` with the text `target` leads out of `root`.

    Follows the other `links` (path to target text) it meets on the way, as the system would, so
    that neither `..` nor a chain of links gets out. An absolute target always leaves: it would
    mean another file on another machine. A link to nothing, or to itself, leaves nothing.
    """
    if target.startswith("/") or _DRIVE.match(target):
        return True
    floor = root.count("/") + 1 if root else 0
    here = path.split("/")[:-1]
    ahead = target.split("/")[::-1]
    followed = 0
    while ahead and followed <= _LINK_LIMIT:
        part = ahead.pop()
        if part == "..":
            if len(here) <= floor:
                return True
            here.pop()
        elif part not in ("", "."):
            here.append(part)
            next_target = links.get("/".join(here))
            if next_target is not None:
                if next_target.startswith("/"):
                    return True
                followed += 1
                here.pop()
                ahead.extend(next_target.split("/")[::-1])
    return False


def obstructed(paths: Collection[str]) -> tuple[str, str] | None:
    """The first pair (file, path below that file) in `paths`: a tree that no disk can hold."""
    names = set(paths)
    for path in sorted(names, key=utf8_order):
        parent = path.rpartition("/")[0]
        while parent:
            if parent in names:
                return parent, path
            parent = parent.rpartition("/")[0]
    return None
