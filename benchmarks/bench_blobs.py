"""What a change of a large data file costs: bytes sent, seconds, and the memory of both sides.

`python -m benchmarks.bench_blobs 1024` takes a file of 1 GiB.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import Row, publish

if TYPE_CHECKING:
    from truss_handle.values import Running

MEBIBYTE = 1 << 20
DEFAULT_SIZE = 256  # MiB
CHANGED = os.urandom(MEBIBYTE)
MODEL = """\
class Model:
    def __init__(self, **kwargs):
        self.path = kwargs["data_dir"] / "weights.bin"

    def load(self):
        self.size = self.path.stat().st_size

    def predict(self, request):
        return self.size
"""
CONFIG = f"""\
python_version: py{sys.version_info[0]}{sys.version_info[1]}
use_control_plane: true
"""


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SIZE
    with tempfile.TemporaryDirectory() as directory:
        os.environ["CONTROL_TRUSS_HOME"] = f"{directory}/home"
        rows = asyncio.run(_rows(Path(directory).resolve() / "truss", size))
    publish("blobs", f"A data file of {size} MiB changes on a running Truss (local runtime)", rows)


async def _rows(truss: Path, size: int) -> list[Row]:
    from truss_handle import operations

    _write(truss)
    await operations.start(truss)
    try:
        rows = []
        for what, change in _changes(size):
            change(truss / "data/weights.bin")
            rows += await _patched(truss, what)
        return rows
    finally:
        await operations.stop(truss)


def _write(truss: Path) -> None:
    (truss / "model").mkdir(parents=True)
    (truss / "data").mkdir()
    (truss / "config.yaml").write_text(CONFIG)
    (truss / "model/model.py").write_text(MODEL)
    (truss / "data/weights.bin").write_bytes(b"")


def _changes(size: int) -> list[tuple[str, Callable[[Path], None]]]:
    def appear(file: Path) -> None:
        with file.open("wb") as stream:
            for _ in range(size):
                stream.write(os.urandom(MEBIBYTE))

    def change_in_the_middle(file: Path) -> None:
        with file.open("r+b") as stream:
            stream.seek(size // 2 * MEBIBYTE)
            stream.write(CHANGED)

    def insert_in_front(file: Path) -> None:
        new = file.with_suffix(".new")
        with file.open("rb") as old, new.open("wb") as stream:
            stream.write(CHANGED)
            while block := old.read(MEBIBYTE):
                stream.write(block)
        new.replace(file)

    return [
        ("new file", appear),
        ("1 MiB changed in the middle", change_in_the_middle),
        ("1 MiB inserted in front", insert_in_front),
    ]


async def _patched(truss: Path, what: str) -> list[Row]:
    from truss_handle import blobs, operations

    sent = 0
    put = blobs._put

    async def counted(
        running: Running, digest: str, file: Path, offset: int, size: int, done: int
    ) -> None:
        nonlocal sent
        sent += size
        await put(running, digest, file, offset, size, done)

    control = (await operations.status(truss)).pid["control"]
    _forget_peak(control)
    blobs._put = counted  # to count, nothing else
    began = time.perf_counter()
    try:
        result = await operations.patch(truss)
    finally:
        blobs._put = put
    seconds = time.perf_counter() - began
    assert result.changed, "the file is another one"
    answer = await operations.predict(truss, {})
    assert answer.body == (truss / "data/weights.bin").stat().st_size, answer
    return [
        Row(f"{what}: sent", (sent / MEBIBYTE,), "MiB"),
        Row(f"{what}: save to new answer", (seconds,), "s"),
        Row(f"{what}: peak memory of the control plane", (_peak(control),), "MiB"),
        Row(f"{what}: peak memory of this process", (_own_peak(),), "MiB"),
    ]


def _forget_peak(pid: int) -> None:
    """Starts the measurement of a peak anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def _own_peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
