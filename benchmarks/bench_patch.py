"""An edit and the first new answer, ours and the existing implementation side by side in one run.

Ours goes the whole way of a save: the file is written, what changed is looked for, pushed, and the
model asked through the proxy. Theirs starts at its patch endpoint, which favours theirs.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import uv

from benchmarks.closed_loop import Clients, longest_gap
from benchmarks.existing import CACHE, Existing, prepare
from benchmarks.patch_cases import HEAVY_CASE, PACKAGES, ROUNDS, SLOW, TRIVIAL, Case
from benchmarks.patch_ours import measured
from benchmarks.plot import plot
from benchmarks.report import Row, publish


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-patch-") as folder:
        os.environ["CONTROL_TRUSS_HOME"] = str(Path(folder) / "state")
        rows = [row for case in (TRIVIAL, HEAVY_CASE, SLOW) for row in _side_by_side(case, folder)]
    publish("patch", "An edit -> the first new answer", rows)
    plot("patch", rows)


def _side_by_side(case: Case, folder: str) -> Iterator[Row]:
    # One after the other: two cores cannot carry both without one slowing the other down.
    yield from asyncio.run(measured(case, Path(folder) / "ours"))
    yield from _theirs(case, Path(folder) / "theirs")


def _theirs(case: Case, folder: Path) -> Iterator[Row]:
    if case.heavy:
        _install_heavy()
    folder.mkdir()
    existing = Existing.start(folder, case.source())
    try:
        for hot, kind in ((False, "restart"), (True, "its unsafe hot reload")):
            rounds = ROUNDS if hot else case.rounds
            took = tuple(
                _their_patch(existing, case, hot=hot, answer=n + 1000 * hot + 1)
                for n in range(rounds)
            )
            yield Row(f"{case.name}, predict edited: existing ({kind})", took)
        if case is TRIVIAL:
            yield _their_gap(existing, case)
    finally:
        existing.stop()
        shutil.rmtree(folder)


def _their_patch(existing: Existing, case: Case, *, hot: bool, answer: int) -> float:
    if hot:  # byte-code caches are keyed by whole seconds: it would serve a stale version
        time.sleep(1.05)
    began = time.perf_counter()
    existing.patch(case.source(answer=answer), hot=hot)
    existing.wait_for(lambda reply: reply[0] == answer)
    return (time.perf_counter() - began) * 1000


def _their_gap(existing: Existing, case: Case) -> Row:
    found = []
    for number in range(3):
        clients = Clients(existing.port, 8.0)
        time.sleep(1)
        existing.patch(case.source(answer=5000 + number), hot=False)
        found.append(longest_gap(clients.replies()))
    return Row("8 clients, longest gap during a restart: existing", tuple(found))


def _install_heavy() -> None:
    server = prepare()["server"]
    if not (CACHE / "heavy").exists():
        command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--python"]
        subprocess.run([*command, str(server / "bin" / "python"), *PACKAGES], check=True)
        (CACHE / "heavy").touch()


if __name__ == "__main__":
    main()
