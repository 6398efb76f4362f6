"""The Truss hash: one sha256 over the names and the contents of a tree."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from truss_base.paths import utf8_order

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# A later definition gets another header, so that two definitions never agree by chance.
_HEADER = b"truss tree 1\n"


def tree_hash(content_hashes: Mapping[str, str]) -> str:
    """The hash (64 hexadecimal digits) of a tree given as path to digest.

    A pure function of the mapping, whatever its order. A path ends with NUL, which no path can
    contain, and a digest with a line end, so two different trees never yield the same bytes.
    """
    tree = hashlib.sha256(_HEADER)
    for path in sorted(content_hashes, key=utf8_order):
        tree.update(path.encode() + b"\0" + content_hashes[path].encode() + b"\n")
    return tree.hexdigest()


def truss_hash(truss_dir: Path | str, *, external_packages: bool = True) -> str:
    """The hash of the Truss in `truss_dir`. Parameters and errors are those of `tree.scan`."""
    from truss_base.tree import scan

    entries = scan(truss_dir, external_packages=external_packages)
    return tree_hash({entry.path: entry.digest for entry in entries})
