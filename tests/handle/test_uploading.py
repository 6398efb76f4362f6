"""Large data files reach what runs: as a whole at first, by their new chunks afterwards."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from truss_handle import operations
from truss_handle.values import StartOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.values import ProgressEvent

MEBIBYTE = 1 << 20
READER = """\
import hashlib


class Model:
    def __init__(self, **kwargs):
        self.path = kwargs["data_dir"] / "w.bin"

    def load(self):
        self.says = hashlib.sha256(self.path.read_bytes()).hexdigest()

    def predict(self, model_input):
        return self.says
"""


@pytest.mark.usefixtures("home")
async def test_a_data_file_comes_and_changes(make_truss: Callable[..., Path]) -> None:
    truss = make_truss(model=READER, files={"data/w.bin": "small"})
    file, told = truss / "data/w.bin", []

    def progress(event: ProgressEvent) -> None:
        if event.stage == "upload":
            told.append(event.message)

    async def patched(content: bytes) -> str:
        import hashlib

        file.write_bytes(content)
        result = await operations.patch(truss, progress=progress)
        assert (result.changed, result.strategy) == (True, "S2")
        answer = await operations.predict(truss, {})
        assert answer.body == hashlib.sha256(content).hexdigest()
        return told.pop()

    await operations.start(truss, StartOptions(runtime="local"))
    content = random.Random(3).randbytes(8 * MEBIBYTE)
    assert await patched(content) == "data/w.bin: sending 8.0 of 8.0 MiB"
    content = content[: 4 * MEBIBYTE] + b"changed" + content[4 * MEBIBYTE + 7 :]
    sent = float((await patched(content)).split()[2])
    assert sent < 2.5
    sent = float((await patched(b"inserted" + content)).split()[2])
    assert sent < 2.5
    assert told == []
