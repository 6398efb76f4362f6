"""What hashing, signing, comparing and planning cost for Trusses of 1,000 and 20,000 files."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Row, publish, sample
from truss_base.diff import Difference, difference_to
from truss_base.hash import tree_hash, truss_hash
from truss_base.plan import plan
from truss_base.signature import Signature
from truss_base.snapshot import Snapshot
from truss_base.stat_cache import StatCache
from truss_base.tree import scan

SIZES = (1_000, 20_000)
MODEL = "class Model:\n    def predict(self, request):\n        return {answer}\n"
FILES_PER_FOLDER = 50
TIMES = 21
LARGE_FILE = 1 << 30
# A stat cache trusts a file once its last save is older than the clock's tick.
SETTLED_SECONDS = 0.2


def main() -> None:
    rows = _import_rows()
    for count in SIZES:
        with tempfile.TemporaryDirectory() as directory:
            rows += _tree_rows(_write_truss(Path(directory).resolve(), count), count)
    with tempfile.TemporaryDirectory() as directory:
        rows += _large_file_rows(Path(directory).resolve())
    publish("tree", "Hash, signature, diff and plan (files in the page cache)", rows)


def _import_rows() -> list[Row]:
    return [
        Row("start Python", _import_times("pass")),
        Row("start Python, import truss_base", _import_times("import truss_base"), target=150),
    ]


def _import_times(statement: str) -> tuple[float, ...]:
    return sample(lambda: subprocess.run([sys.executable, "-c", statement], check=True), 9)


def _tree_rows(root: Path, count: int) -> list[Row]:
    label, large = f"{count:,} files: ", count == max(SIZES)
    cache = StatCache()
    known = Snapshot.take(root, cache=cache)
    stored = cache.to_bytes()
    old = {path: (root / path).read_bytes() for path in known.entries}
    hashes = known.signature.content_hashes_by_path

    def named() -> Difference:
        found = known.refreshed([root / "model/model.py"])
        assert found is not None, "a saved file can be looked at alone"
        return _planned(known.signature, found, old)

    def by_cache() -> Difference:
        return _planned(known.signature, Snapshot.take(root, cache=cache, before=known), old)

    def next_process() -> Difference:
        loaded = StatCache.from_bytes(stored)
        return _planned(known.signature, Snapshot.take(root, cache=loaded), old)

    def cold() -> Difference:
        return _planned(known.signature, Snapshot.take(root), old)

    return [
        Row(label + "hash of the directory, cold", sample(lambda: truss_hash(root), 5)),
        Row(label + "hash of the digests alone", sample(lambda: tree_hash(hashes), TIMES)),
        Row(
            label + "signature + plan after a save, file named",
            _after_saves(root, named, TIMES),
            target=5 if large else None,
        ),
        Row(
            label + "signature + plan after a save, by stat cache",
            _after_saves(root, by_cache, TIMES),
            target=80 if large else None,
        ),
        Row(label + "the same, cache read from its file", _after_saves(root, next_process, 9)),
        Row(label + "signature + plan after a save, cold", _after_saves(root, cold, 5)),
    ]


def _planned(base: Signature, found: Snapshot, old: dict[str, bytes]) -> Difference:
    difference = difference_to(base, found)
    assert plan(old, difference.patches).changes, "a save is a change"
    return difference


def _after_saves(root: Path, action: Callable[[], Difference], times: int) -> tuple[float, ...]:
    """Milliseconds of `action` after each of `times` saves of the model, and two before them."""
    taken = []
    for _ in range(times + 2):
        (root / "model/model.py").write_text(MODEL.replace("{answer}", str(time.time_ns())))
        began = time.perf_counter()
        [_patch] = action().patches
        taken.append((time.perf_counter() - began) * 1000)
    return tuple(taken[2:])


def _large_file_rows(root: Path) -> list[Row]:
    _write_truss(root, 10)
    (root / "data").mkdir()
    with (root / "data/weights.bin").open("wb") as file:
        for number in range(LARGE_FILE >> 20):
            file.write(bytes([number % 251]) * (1 << 20))
    time.sleep(SETTLED_SECONDS)
    cache = StatCache()
    first = sample(lambda: scan(root, cache=StatCache()), 3, warm_up=1)
    scan(root, cache=cache)
    return [
        Row("1 GiB data file: scan, cold", first),
        Row(
            "1 GiB data file: scan, unchanged",
            sample(lambda: scan(root, cache=cache), TIMES),
            target=1,
        ),
    ]


def _write_truss(root: Path, count: int) -> Path:
    (root / "model").mkdir()
    (root / "config.yaml").write_text("model_name: benchmark\n")
    (root / "model/model.py").write_text(MODEL.replace("{answer}", "{}"))
    for number in range(count - 2):
        folder = root / f"packages/part{number // FILES_PER_FOLDER}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"module{number}.py").write_text(f"VALUE = {number}\n" * 20)
    time.sleep(SETTLED_SECONDS)
    return root


if __name__ == "__main__":
    main()
