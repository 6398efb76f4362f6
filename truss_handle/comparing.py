"""What runs and what is on disk, compared."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from truss_base.diff import Difference, difference_to
from truss_base.entry import ChangedMeanwhile
from truss_base.exceptions import ConfigError
from truss_base.signature import Signature
from truss_base.tree import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from truss_handle.client import ServerClient
    from truss_handle.signatures import SignatureCache
    from truss_handle.trees import KnownTree

_ATTEMPTS = 3  # a file may be saved while it is read


async def base_of(client: ServerClient, cache: SignatureCache) -> tuple[Signature, str | None]:
    """The signature of what the server says it runs, and the hash of what is on its way."""
    runs, pending = await client.versions()
    cached = cache.recent(runs) or await asyncio.to_thread(cache.load, runs)
    return cached or Signature.from_dict(await client.signature()), pending


async def difference(
    base: Signature, tree: KnownTree, truss_dir: Path, changed: Collection[str | Path] | None
) -> Difference:
    """What leads from `base` to the files on disk; `changed` as in `KnownTree.snapshot`.

    Raises ConfigError, which names the file, and what a look at the files raises.
    """
    if tree.is_at_hand(changed):
        return difference_now(base, tree, truss_dir, changed)
    return await asyncio.to_thread(difference_now, base, tree, truss_dir, changed)


def difference_now(
    base: Signature,
    tree: KnownTree,
    truss_dir: Path,
    changed: Collection[str | Path] | None = None,
) -> Difference:
    """As `difference`, in this thread."""
    try:
        for _ in range(_ATTEMPTS - 1):
            try:
                return difference_to(base, tree.snapshot(changed))
            except ChangedMeanwhile:
                changed = None
        return difference_to(base, tree.snapshot())
    except ConfigError as error:
        # A diff compares texts; people look for files.
        if CONFIG_FILE in str(error):
            raise
        raise ConfigError(f"{truss_dir / CONFIG_FILE}: {error}") from None
