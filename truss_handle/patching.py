"""Bringing a running instance to the files on disk.

The base of a diff is what the server says it runs: its hash, and the signature for that hash from
the cache or from the server itself. What we remember of it is only tried first: the server takes
no patch that starts from anything else.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from truss_handle import instances, last_known
from truss_handle.afterwards import afterwards
from truss_handle.client import ServerClient
from truss_handle.comparing import base_of, difference
from truss_handle.exceptions import (
    HandleError,
    ModelLoadFailed,
    NotRunning,
    PatchFailed,
    PatchRefused,
    ServerUnavailable,
)
from truss_handle.loading import is_taken_down
from truss_handle.memory import Memory
from truss_handle.signatures import SignatureCache
from truss_handle.trees import tree_of
from truss_handle.unchanged import unchanged
from truss_handle.values import PatchResult, ProgressEvent, no_progress

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from truss_base.diff import Difference
    from truss_base.patch import Patch
    from truss_base.signature import Signature
    from truss_handle.settings import Settings
    from truss_handle.trees import KnownTree
    from truss_handle.values import Progress, Running

_INTERRUPTED = "interrupted"  # the problem of a patch that a stop or a restart came before
_ATTEMPTS = 3  # someone else may patch at the same moment, or a file may be saved during the diff


async def patch(
    settings: Settings,
    running: Running,
    *,
    dry_run: bool,
    progress: Progress,
    changed: Collection[str | Path] | None = None,
    strategy: str = "auto",
) -> PatchResult:
    """See `operations.patch`."""
    tree = tree_of(settings, running.truss_dir)
    instances.require_control(running)
    cache = SignatureCache(settings.signatures)
    guess = None if dry_run else last_known.of(running)
    client = ServerClient(running)
    sender = _Sender(client, running, tree, dry_run, progress, strategy)
    for remaining in reversed(range(_ATTEMPTS + (guess is not None))):
        base, pending = (guess, None) if guess else await base_of(client, cache)
        is_guess, guess = guess is not None, None
        found = await difference(base, tree, running.truss_dir, changed)
        same = base.hash == found.signature.hash
        if same and is_guess:
            continue  # that there is nothing to do is for the server to say
        # A change undone before it was live: sent all the same, because that ends it.
        if same and (dry_run or pending is None):
            return unchanged(base.hash)
        progress(ProgressEvent("patch", f"sending {_counted(found.patches)}"))
        try:
            answer = await sender.answer(base, found, last=not remaining, named=bool(changed))
        except (PatchRefused, ServerUnavailable) as failure:
            raise await _or_taken_down(settings, running, failure) from failure
        if answer is None:
            changed = None
            continue
        if not dry_run:
            last_known.heard(running, found.signature)
        if same or answer.get("prev_hash") == found.signature.hash:
            return unchanged(found.signature.hash)
        if not dry_run:
            await afterwards(running.id, partial(_keep, settings, running, found.signature))
        return result_of(answer, base, found)
    raise AssertionError("the last attempt returns or raises")


@dataclass(frozen=True, slots=True)
class _Sender:
    """Sends differences to one server."""

    client: ServerClient
    running: Running
    tree: KnownTree
    dry_run: bool
    progress: Progress
    strategy: str

    async def answer(
        self, base: Signature, found: Difference, *, last: bool, named: bool
    ) -> dict[str, Any] | None:
        """The answer to a patch; None where it has to be computed again, unless it was the `last`
        attempt. `named`: somebody said which files had changed."""
        try:
            return await self._sent(base, found)
        except PatchFailed as failure:
            # What was named may need a file that nobody named.
            if not last and named and await self._is_outdated(base, found):
                return None
            raise await _with_what_answers(self.client, failure) from failure
        except PatchRefused as refusal:
            # Trying again would undo what somebody else has asked for since.
            if refusal.problem.get("type") in ("superseded", _INTERRUPTED):
                raise
            again = refusal.problem.get("type") in ("missing_blobs", "blob_mismatch")
            if not last and (again or await self._is_outdated(base, found)):
                return None
            raise

    async def _sent(self, base: Signature, found: Difference) -> dict[str, Any]:
        """The answer to a patch, after what travels apart from it."""
        wish = self.strategy
        if not found.blobs or self.dry_run:
            body = body_of(base, found, found.patches, dry_run=self.dry_run, strategy=wish)
            return await self.client.patch(body, self.progress)
        from truss_handle.uploading import Uploads

        # What only a rebuild realises is refused before gigabytes are sent for it.
        await self.client.patch(body_of(base, found, found.patches, dry_run=True), no_progress)
        patches = await Uploads(self.running, base, self.progress).send(found)
        body = body_of(base, found, patches, dry_run=False, strategy=wish)
        return await self.client.patch(body, self.progress)

    async def _is_outdated(self, base: Signature, found: Difference) -> bool:
        """Whether either side has moved since the difference was taken."""
        now = await asyncio.to_thread(self.tree.snapshot)
        return now.hash != found.signature.hash or await self.client.truss_hash() != base.hash


async def _or_taken_down(
    settings: Settings, running: Running, failure: PatchRefused | ServerUnavailable
) -> HandleError:
    """The failure, or what it comes from: that somebody stopped the instance meanwhile."""
    is_end = isinstance(failure, ServerUnavailable) or failure.problem.get("type") == _INTERRUPTED
    if not is_end or not await is_taken_down(settings, running):
        return failure
    return NotRunning(
        f"{running.truss_dir} was stopped while the new version was loading",
        hint="`control-truss up` brings up the files as they are",
    )


async def _with_what_answers(client: ServerClient, failure: PatchFailed) -> HandleError:
    """The failure, with the one thing a person wants to know first: what answers now?"""
    try:
        state = (await client.status())["state"]
    except ServerUnavailable:
        return failure
    if state == "loading":
        message = f"{failure}; the old version is being loaded again, and requests wait for it"
        return PatchFailed(message, model_error=failure.model_error, hint=failure.hint)
    if state == "ready":
        message = f"{failure}; the old version still answers"
        return PatchFailed(message, model_error=failure.model_error, hint=failure.hint)
    message = f"{failure}; no earlier version answers either"
    return ModelLoadFailed(message, model_error=failure.model_error, hint=failure.hint)


def body_of(
    base: Signature,
    found: Difference,
    patches: Sequence[Patch],
    *,
    dry_run: bool,
    strategy: str = "auto",
) -> dict[str, Any]:
    body = {
        "hash": found.signature.hash,
        "prev_hash": base.hash,
        "patches": [change.to_wire() for change in patches],
        "dry_run": dry_run,
    }
    return body if strategy == "auto" else {**body, "strategy": strategy}


def _keep(settings: Settings, running: Running, signature: Signature) -> None:
    with suppress(OSError):  # the patch is live; another process asks the server instead
        SignatureCache(settings.signatures).store(signature)
        Memory(settings, running.truss_dir).remember(hash=signature.hash)


def result_of(answer: dict[str, Any], base: Signature, found: Difference) -> PatchResult:
    return PatchResult(
        ok=True,
        changed=True,
        hash=str(answer.get("hash", found.signature.hash)),
        prev_hash=str(answer.get("prev_hash", base.hash)),
        strategy=str(answer.get("strategy", "")),
        reasons=tuple(answer.get("reasons", ())),
        timings_ms=dict(answer.get("timings_ms", {})),
        msg=str(answer.get("msg", "")),
        reservation=str(answer.get("reservation", "")),
    )


def _counted(patches: list[Any]) -> str:
    return f"{len(patches)} change{'s' * (len(patches) != 1)}"
