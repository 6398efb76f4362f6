"""`predict` edited and saved -> first new answer: ours and the existing implementation in one run.

Ours goes the whole way of a save: write the file, diff against what runs, push, ask through the
proxy. Theirs starts at its patch endpoint, so the comparison favours theirs. Both models have a
trivial `load()`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.existing import Existing
from benchmarks.report import Row, publish
from truss_handle import operations

ROUNDS = 20
CONFIG = "python_version: py311\nuse_control_plane: true\n"
MODEL = """\
class Model:
    def __init__(self, **kwargs):
        pass

    def load(self):
        pass

    def predict(self, model_input):
        return {answer}
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-loop-") as folder:
        # One after the other: two cores cannot carry both without one slowing the other down.
        ours, patches = asyncio.run(_ours(Path(folder)))
        restart, hot = _theirs(Path(folder))
    rows = [
        Row("ours: save -> new answer (reload, weights reloaded)", ours, target=400),
        Row("ours: of it, the control plane's part", patches),
        Row("existing: patch -> new answer (restart)", restart),
        Row("existing: patch -> new answer (its unsafe hot reload)", hot),
    ]
    publish("loop", "Save -> first new answer, trivial load()", rows)
    print(f"  the restart of the existing takes {rows[2].median / rows[0].median:.1f} x ours")


async def _ours(folder: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    os.environ["CONTROL_TRUSS_HOME"] = str(folder / "state")
    truss = folder / "ours"
    (truss / "model").mkdir(parents=True)
    (truss / "config.yaml").write_text(CONFIG)
    model = truss / "model" / "model.py"
    model.write_text(MODEL.format(answer=0))
    await operations.start(truss, operations.StartOptions(any_python=True))
    whole, part = [], []
    try:
        for answer in range(1, ROUNDS + 1):
            began = time.perf_counter()
            model.write_text(MODEL.format(answer=answer))
            result = await operations.patch(truss)
            reply = await operations.predict(truss, {})
            whole.append((time.perf_counter() - began) * 1000)
            part.append(float(result.timings_ms["total"]))
            if reply.body != answer:
                raise RuntimeError(f"answered {reply.body}, not {answer}")
            await _spare_ready(truss)
    finally:
        await operations.stop(truss)
        shutil.rmtree(truss)
    return tuple(whole), tuple(part)


async def _spare_ready(truss: Path) -> None:
    """A person needs longer for the next edit than the spare for its start."""
    while not (await operations.status(truss)).raw["spare_ready"]:
        await asyncio.sleep(0.05)


def _theirs(folder: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    existing = Existing.start(folder, MODEL.format(answer=0))
    try:
        restart = _timed_patches(existing, range(1, ROUNDS + 1), hot=False)
        return restart, _timed_patches(existing, range(100, 100 + ROUNDS), hot=True)
    finally:
        existing.stop()


def _timed_patches(existing: Existing, answers: range, *, hot: bool) -> tuple[float, ...]:
    took = []
    for answer in answers:
        began = time.perf_counter()
        existing.patch(MODEL.format(answer=answer), hot=hot)
        existing.wait_for(lambda reply, answer=answer: reply == answer)
        took.append((time.perf_counter() - began) * 1000)
        # Byte-code caches are keyed by whole seconds: its hot reload would serve a stale version.
        if hot:
            time.sleep(1.05)
    return tuple(took)


if __name__ == "__main__":
    main()
