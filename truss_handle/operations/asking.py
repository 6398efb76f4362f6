"""Asking the model, and finding something to ask it with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from truss_handle import instances
from truss_handle.folders import located
from truss_handle.registry import resolve
from truss_handle.settings import Settings
from truss_handle.values import PredictInput, PredictResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PREDICT_PATH = "/v1/models/model:predict"


async def predict(
    truss_dir: str | Path,
    payload: Any,
    *,
    runtime: str | None = None,
    timeout: float | None = None,
    path: str = PREDICT_PATH,
    on_text: Callable[[str], None] | None = None,
) -> PredictResult:
    """Ask the running model. Raises NotRunning, ServerUnavailable, PredictTimeout.

    `on_text` gets the pieces of an answer that streams as text, as they come. Who cancels closes
    the connection, and the model hears of that.
    """
    from truss_handle import prediction

    settings = Settings.from_environment()
    running = await instances.require(settings, located(settings, truss_dir), runtime)
    return await prediction.predict(
        settings, running, payload, timeout=timeout, path=path, on_text=on_text
    )


async def predict_input(truss_dir: str | Path, *, prefer_last: bool = True) -> PredictInput:
    """A payload to offer: the last one used, the Truss's own example, or {}.

    `prefer_last` False puts the example first: for scripts, which want the same every time.
    """
    from truss_handle import prediction

    settings = Settings.from_environment()
    return await asyncio.to_thread(
        prediction.choose_input, settings, resolve(truss_dir), prefer_last=prefer_last
    )
