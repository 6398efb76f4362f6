"""Files that are what runs already: what a patch that has nothing to send still sees to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from truss_handle.client import ServerClient
from truss_handle.exceptions import NotRunning
from truss_handle.problems import load_failed
from truss_handle.values import PatchResult, ProgressEvent, no_progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_handle.values import Progress, Running


def unchanged(same: str) -> PatchResult:
    """The result of a patch to the version that runs."""
    return PatchResult(
        ok=True,
        changed=False,
        hash=same,
        prev_hash=same,
        strategy="S0",
        reasons=(),
        timings_ms={},
        msg="nothing to patch: these files are what runs",
    )


async def seen_to(
    running: Running, found: PatchResult, strategy: str, progress: Progress
) -> PatchResult:
    """The result, once the model is loaded anew where a strategy asks for that.

    Raises NotRunning where the model was stopped, ModelLoadFailed where it does not load.
    """
    client = ServerClient(running)
    if strategy != "auto":
        return await _loaded_anew(client, found, strategy, progress)
    status = await client.status()
    _require_loaded(running, status)
    if status.get("last_patch_error") and not status.get("pending"):
        # A patch that finds its version live ends what is told of the one that failed before.
        body = {"hash": found.hash, "prev_hash": found.hash, "patches": [], "dry_run": False}
        await client.patch(body, no_progress)
    return found


async def _loaded_anew(
    client: ServerClient, found: PatchResult, strategy: str, progress: Progress
) -> PatchResult:
    if strategy == "restart":
        progress(ProgressEvent("stop", "stopping the model"))
        await client.stop_inference_server()
    progress(ProgressEvent("load", "loading the model once more"))
    await client.restart_inference_server()
    return replace(found, strategy="S2", msg="the model was loaded again; its files are the same")


def _require_loaded(running: Running, status: Mapping[str, Any]) -> None:
    if status["state"] == "stopped":
        raise NotRunning(
            f"these files are what {running.url} would run, but its model was stopped",
            hint=f"load it again with `control-truss up {running.truss_dir}`",
        )
    if status["state"] == "failed":
        raise load_failed(status.get("last_error"))
