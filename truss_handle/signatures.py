"""Signatures of versions that this machine has sent, so that a diff needs no download."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from truss_base.signature import Signature
from truss_handle.files import read_json, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

_KEPT = 200


class SignatureCache:
    """Signatures in files named by the Truss hash that they lead to."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def load(self, truss_hash: str) -> Signature | None:
        """The signature, or None when it is not here (or not what its name says)."""
        stored = read_json(self._path(truss_hash))
        if not isinstance(stored, dict):
            return None
        try:
            signature = Signature.from_dict(stored)
        except (KeyError, TypeError, ValueError):
            return None
        return signature if signature.hash == truss_hash else None

    def store(self, signature: Signature) -> None:
        """Keep a signature; the oldest ones make room."""
        write_atomic(self._path(signature.hash), json.dumps(signature.to_dict()))
        kept = sorted(self._root.glob("*.json"), key=_age)
        for old in kept[:-_KEPT]:
            old.unlink(missing_ok=True)

    def _path(self, truss_hash: str) -> Path:
        return self._root / f"{truss_hash}.json"


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process made room at the same time
        return 0.0
