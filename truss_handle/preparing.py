"""Telling a server of texts that may be saved soon, so that their patch is half done by then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from truss_base.diff import difference_to
from truss_handle import instances, last_known
from truss_handle.client import ServerClient
from truss_handle.comparing import base_of
from truss_handle.exceptions import PatchRefused
from truss_handle.patching import body_of, result_of
from truss_handle.signatures import SignatureCache
from truss_handle.trees import tree_of
from truss_handle.unchanged import unchanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_base.diff import Difference
    from truss_base.signature import Signature
    from truss_handle.settings import Settings
    from truss_handle.trees import KnownTree
    from truss_handle.values import PatchResult, Running


async def prepare(
    settings: Settings, running: Running, unsaved: Mapping[str, bytes]
) -> PatchResult | None:
    """See `operations.prepare`."""
    instances.require_control(running)
    tree = tree_of(settings, running.truss_dir)
    client = ServerClient(running)
    base, _ = await base_of(client, SignatureCache(settings.signatures))
    last_known.heard(running, base)
    found = await asyncio.to_thread(_difference, base, tree, unsaved)
    if base.hash == found.signature.hash:
        return unchanged(base.hash)
    if found.blobs:
        return None
    try:
        answer = await client.prepare(body_of(base, found, found.patches, dry_run=False))
    except PatchRefused as refusal:
        if refusal.problem.get("type") == "not_found":
            return None
        raise
    return result_of(answer, base, found)


def _difference(base: Signature, tree: KnownTree, unsaved: Mapping[str, bytes]) -> Difference:
    """Against the files as they were at the last look, which a patch will look at again."""
    return difference_to(base, tree.snapshot(()).overlaid(unsaved))
