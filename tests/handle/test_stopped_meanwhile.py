"""An end that comes while a patch is loading: it need not wait, and the patch says what came."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.handle.conftest import replace_in
from truss_handle import operations
from truss_handle.exceptions import NotRunning

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import ProgressEvent

WORD = 'self.word = "hello"'


@pytest.mark.parametrize("end", [operations.stop, operations.rebuild], ids=["down", "rebuild"])
@pytest.mark.parametrize("verb", [operations.patch, operations.start], ids=["patch", "up"])
async def test_a_patch_that_hangs_is_told_of_the_end(
    home: Settings,
    make_truss: Callable[..., Path],
    end: Callable[[Path], Awaitable[object]],
    verb: Callable[..., Coroutine[Any, Any, object]],
) -> None:
    truss = make_truss()
    model = truss / "model" / "model.py"
    await operations.start(truss)
    replace_in(model, WORD, "__import__('time').sleep(1000)")
    loading = asyncio.Event()

    def progress(event: ProgressEvent) -> None:
        if event.stage == "load":
            loading.set()

    hanging = asyncio.create_task(verb(truss, progress=progress))
    await asyncio.wait_for(loading.wait(), 100)
    replace_in(model, "__import__('time').sleep(1000)", WORD)
    await end(truss)
    with pytest.raises(NotRunning, match="was stopped while the new version was loading"):
        await hanging
