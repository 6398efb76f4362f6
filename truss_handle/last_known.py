"""What a server ran when this process last heard of it, so that a patch need not ask first.

A guess and nothing more: the server refuses a patch that does not start from what it runs, and
whoever guessed asks then.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from truss_base.signature import Signature
    from truss_handle.values import Running

_IN_MEMORY = 8
_versions: OrderedDict[tuple[str, float], Signature] = OrderedDict()


def heard(running: Running, version: Signature) -> None:
    """The server was just heard to run this version."""
    _versions[_name(running)] = version
    _versions.move_to_end(_name(running))
    while len(_versions) > _IN_MEMORY:
        _versions.popitem(last=False)


def of(running: Running) -> Signature | None:
    """The version that was heard of last."""
    return _versions.get(_name(running))


def _name(running: Running) -> tuple[str, float]:
    return running.id, running.started_at
