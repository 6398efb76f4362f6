"""Python's garbage collector, kept from walking over nodes again and again while they are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """No garbage collection within the block, for work that makes many objects and no cycles.

    A dense text makes hundreds of thousands at once, all of them alive: looking for garbage among
    them is a fifth of the time. Several threads may do so at once: whoever saw the collector on
    turns it on again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
