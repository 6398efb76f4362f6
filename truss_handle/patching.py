"""Bringing a running instance to the files on disk.

The base of a diff is what the server says it runs: its hash, and the signature for that hash from
the cache or from the server itself. Nothing else is trusted, least of all what we remember.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truss_base.diff import diff
from truss_base.plan import plan as plan_of
from truss_base.signature import Signature
from truss_handle import instances
from truss_handle.client import ServerClient
from truss_handle.exceptions import NotRunning, PatchRefused, RebuildNeeded
from truss_handle.memory import Memory
from truss_handle.signatures import SignatureCache
from truss_handle.values import PatchResult, ProgressEvent

if TYPE_CHECKING:
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import Progress, Running

_ATTEMPTS = 3  # someone else may patch at the same moment, or a file may be saved during the diff


@dataclass(frozen=True, slots=True)
class _Difference:
    """What leads from `base` to `local`."""

    base: Signature
    local: Signature
    patches: list[Any]

    def to_body(self, *, dry_run: bool) -> dict[str, Any]:
        return {
            "hash": self.local.hash,
            "prev_hash": self.base.hash,
            "patches": [patch.to_wire() for patch in self.patches],
            "dry_run": dry_run,
        }


async def patch(
    settings: Settings, running: Running, *, dry_run: bool, progress: Progress
) -> PatchResult:
    """See `operations.patch`."""
    instances.require_control(running)
    cache = SignatureCache(settings.signatures)
    async with ServerClient(running) as client:
        for remaining in reversed(range(_ATTEMPTS)):
            difference = await _difference(client, cache, running.truss_dir)
            if difference.base.hash == difference.local.hash:
                return _unchanged(difference.local.hash)
            progress(ProgressEvent("patch", f"sending {_counted(difference.patches)}"))
            try:
                answer = await client.patch(difference.to_body(dry_run=dry_run), progress)
            except PatchRefused:
                if remaining and await _is_outdated(client, difference, running.truss_dir):
                    continue
                raise
            if not dry_run:
                await asyncio.to_thread(_keep, settings, running, difference.local)
            return _result(answer, difference)
    raise AssertionError("the last attempt returns or raises")


async def plan(settings: Settings, running: Running | None, truss_dir: Path) -> dict[str, Any]:
    """See `operations.plan`."""
    if running is not None and running.control:
        return await _exact_plan(settings, running)
    known = running.details.get("hash") if running is not None else None
    known = known or Memory(settings, truss_dir).last_hash
    base = SignatureCache(settings.signatures).load(str(known)) if known else None
    if base is None:
        raise NotRunning(
            f"nothing runs for {truss_dir}, and no earlier version is known to compare with",
            hint=f"start it with `control-truss up {truss_dir}`",
        )
    return await asyncio.to_thread(_offline_plan, base, truss_dir)


async def _exact_plan(settings: Settings, running: Running) -> dict[str, Any]:
    try:
        result = await patch(settings, running, dry_run=True, progress=lambda _: None)
    except RebuildNeeded as needed:
        return {"strategy": "S4", "title": "rebuild", "upper_bound": False, "changed": True,
                "reasons": list(needed.reasons)}  # fmt: skip
    return {
        "strategy": result.strategy,
        "upper_bound": False,
        "changed": result.changed,
        "hash": result.hash,
        "prev_hash": result.prev_hash,
        "reasons": list(result.reasons),
    }


def _offline_plan(base: Signature, truss_dir: Path) -> dict[str, Any]:
    local = Signature.of(truss_dir)
    patches = diff(base, truss_dir)
    found = plan_of(None, patches, old_config=base.config)
    return {
        **found.to_dict(),
        "changed": base.hash != local.hash,
        "hash": local.hash,
        "prev_hash": base.hash,
    }


async def _difference(client: ServerClient, cache: SignatureCache, truss_dir: Path) -> _Difference:
    local, runs = await asyncio.gather(
        asyncio.to_thread(Signature.of, truss_dir), client.truss_hash()
    )
    if runs == local.hash:
        return _Difference(local, local, [])
    base = await asyncio.to_thread(cache.load, runs)
    if base is None:
        base = Signature.from_dict(await client.signature())
    patches = await asyncio.to_thread(diff, base, truss_dir)
    return _Difference(base, local, patches)


async def _is_outdated(client: ServerClient, difference: _Difference, truss_dir: Path) -> bool:
    """Whether either side has moved since the difference was taken."""
    now = await asyncio.to_thread(Signature.of, truss_dir)
    return now.hash != difference.local.hash or await client.truss_hash() != difference.base.hash


def _keep(settings: Settings, running: Running, signature: Signature) -> None:
    SignatureCache(settings.signatures).store(signature)
    Memory(settings, running.truss_dir).remember(hash=signature.hash)


def _unchanged(truss_hash: str) -> PatchResult:
    return PatchResult(
        ok=True,
        changed=False,
        hash=truss_hash,
        prev_hash=truss_hash,
        strategy="S0",
        reasons=(),
        timings_ms={},
        msg="nothing to patch: the server runs these files",
    )


def _result(answer: dict[str, Any], difference: _Difference) -> PatchResult:
    return PatchResult(
        ok=True,
        changed=True,
        hash=str(answer.get("hash", difference.local.hash)),
        prev_hash=str(answer.get("prev_hash", difference.base.hash)),
        strategy=str(answer.get("strategy", "")),
        reasons=tuple(answer.get("reasons", ())),
        timings_ms=dict(answer.get("timings_ms", {})),
        msg=str(answer.get("msg", "")),
    )


def _counted(patches: list[Any]) -> str:
    return f"{len(patches)} change{'s' * (len(patches) != 1)}"
