"""A thousand patches in a row, hot swaps and reloads mixed: what grows, what is left behind.

The first half reloads now and then; the second is hot swaps alone, all in one inference process,
where whatever a swap leaves behind adds up. `bench_endurance N` does another number of patches.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import Row, publish
from tests.control.running_plane import RunningPlane, until

if TYPE_CHECKING:
    from collections.abc import Iterator

PATCHES = 1000
RELOAD_EVERY = 5
SAMPLES = 20
TARGET_PERCENT = 5.0
MEBIBYTE = 1024 * 1024
MODEL = """\
import json


class Model:
    def load(self):
        self.weights = list(range(10_000))

    def predict(self, request):
        return {number} + json.loads("0")
"""


@dataclass(frozen=True)
class Sample:
    """What the processes hold. Memory in MiB."""

    control: float
    inference: float
    descriptors: int
    threads: int
    processes: int

    @classmethod
    def of(cls, plane: RunningPlane) -> Sample:
        """Taken once the spare is warm and nothing drains any more."""
        until(lambda: plane.status()["spare_ready"] and len(plane.leftovers()) == 2, "quiet")
        inference = plane.status()["pid"]["inference"]
        return cls(
            control=_memory(plane.pid),
            inference=_memory(inference),
            descriptors=_count(plane.pid, "fd") + _count(inference, "fd"),
            threads=_count(plane.pid, "task") + _count(inference, "task"),
            processes=len(plane.leftovers()),
        )


def main() -> None:
    patches = int(sys.argv[1]) if len(sys.argv) > 1 else PATCHES
    with tempfile.TemporaryDirectory(prefix="bench-endurance-") as folder:
        plane = RunningPlane(Path(folder), {"model/model.py": MODEL.format(number=0)})
        plane.start()
        try:
            plane.predict()
            rows = list(_rows(plane, patches))
        finally:
            plane.clean_up()
    publish("endurance", f"{patches} patches in a row, hot swaps and reloads mixed", rows)


def _rows(plane: RunningPlane, patches: int) -> Iterator[Row]:
    took: dict[str, list[float]] = {"S1": [], "S2": []}
    mixed = list(_patched(plane, range(1, patches // 2 + 1), RELOAD_EVERY, took))
    hot = list(_patched(plane, range(patches // 2 + 1, patches + 1), patches, took))
    samples = [*mixed, *hot]
    for label, name in (("S1", "hot swap"), ("S2", "reload")):
        if took[label]:
            yield Row(f"{name}: patch -> answered", tuple(took[label]))
    yield Row("control plane", tuple(s.control for s in samples), "MiB")
    yield Row("inference process", tuple(s.inference for s in samples), "MiB")
    yield _growth("growth of the control plane", [s.control for s in samples])
    yield _growth("growth of the inference process", [s.inference for s in hot])
    yield Row("descriptors", tuple(float(s.descriptors) for s in samples), "")
    yield Row("threads", tuple(float(s.threads) for s in samples), "")
    yield Row("processes", tuple(float(s.processes) for s in samples), "")


def _growth(what: str, memory: list[float]) -> Row:
    """From the second sample on: the first patches import what all later ones use."""
    percent = (memory[-1] / memory[1] - 1) * 100
    return Row(what, (percent,), "%", target=TARGET_PERCENT)


def _patched(
    plane: RunningPlane, numbers: range, reload_every: int, took: dict[str, list[float]]
) -> Iterator[Sample]:
    """A sample now and then, the last one at the end."""
    apart = max(1, len(numbers) // (SAMPLES // 2))
    for done, number in enumerate(numbers, start=1):
        plane.write({"model/model.py": MODEL.format(number=number)})
        body = plane.patch_body()
        if number % reload_every == 0:
            body["strategy"] = "reload"
        began = time.perf_counter()
        response = plane.post("/control/patch", json=body)
        elapsed = (time.perf_counter() - began) * 1000
        answer = plane.predict()
        if response.status_code != 200 or answer != number:
            raise RuntimeError(f"patch {number}: {response.text}, answered {answer}")
        took[response.json()["strategy"]].append(elapsed)
        if done % apart == 0:
            yield Sample.of(plane)


def _memory(pid: int) -> float:
    """Resident MiB that are not shared with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[-2]) for line in lines[1:]}
    return (sizes["Private_Clean"] + sizes["Private_Dirty"]) * 1024 / MEBIBYTE


def _count(pid: int, kind: str) -> int:
    return len(list(Path(f"/proc/{pid}/{kind}").iterdir()))


if __name__ == "__main__":
    main()
