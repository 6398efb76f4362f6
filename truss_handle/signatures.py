"""Signatures of versions that this machine has sent, so that a diff needs no download."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING

from truss_base.exceptions import SignatureError
from truss_base.signature import Signature
from truss_handle.files import make_room, read_json, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

_KEPT = 200
_TOLERATED = 20


# Of the signatures read or written last, in this process: one of a large Truss is megabytes.
_recent: OrderedDict[Path, Signature] = OrderedDict()
_IN_MEMORY = 4


class SignatureCache:
    """Signatures in files named by the Truss hash that they lead to."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def recent(self, truss_hash: str) -> Signature | None:
        """The signature, if this process read or wrote it lately."""
        return _recent.get(self._path(truss_hash))

    def load(self, truss_hash: str) -> Signature | None:
        """The signature, or None when it is not here (or not what its name says)."""
        if (known := self.recent(truss_hash)) is not None:
            return known
        path = self._path(truss_hash)
        stored = read_json(path)
        if not isinstance(stored, dict):
            return None
        try:
            signature = Signature.from_dict(stored)
        except SignatureError:
            return None
        if signature.hash != truss_hash:
            return None
        _remember(path, signature)
        return signature

    def store(self, signature: Signature) -> None:
        """Keep a signature; the oldest ones make room."""
        path = self._path(signature.hash)
        _remember(path, signature)
        if path.exists():
            return
        write_atomic(path, json.dumps(signature.to_dict()))
        # Asking for the age of each costs a hot patch more than some that stay too long.
        if len(list(self._root.iterdir())) > _KEPT + _TOLERATED:
            make_room(self._root, "*.json", keep=_KEPT)

    def _path(self, truss_hash: str) -> Path:
        return self._root / f"{truss_hash}.json"


def _remember(path: Path, signature: Signature) -> None:
    _recent[path] = signature
    while len(_recent) > _IN_MEMORY:
        _recent.popitem(last=False)
