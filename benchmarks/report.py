"""What every benchmark shares: samples to a row, rows to a table and to JSON."""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Row:
    """One measured thing. `values` in `unit`; `target`: the bound to reach."""

    what: str
    values: tuple[float, ...]
    unit: str = "ms"
    target: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


def sample(action: Callable[[], object], times: int, *, warm_up: int = 2) -> tuple[float, ...]:
    """Durations of `times` calls in milliseconds, after a few that do not count."""
    for _ in range(warm_up):
        action()
    return tuple(_milliseconds(action) for _ in range(times))


def publish(name: str, title: str, rows: Sequence[Row], note: str = "") -> None:
    """Prints the table and writes results/<name>.json. `note`: how to read the rows."""
    width = max(len(row.what) for row in rows)
    print(f"\n{title}\n  {'':<{width}}  {'median':>10}  {'p95':>10}  {'to reach':>10}      n")
    for row in rows:
        target = "-" if row.target is None else f"{row.target:g} {row.unit}"
        numbers = f"{row.median:>7.2f} {row.unit}  {row.p95:>7.2f} {row.unit}"
        print(f"  {row.what:<{width}}  {numbers}  {target:>10}  {len(row.values):>5}")
    RESULTS.mkdir(exist_ok=True)
    document = {
        "title": title,
        "note": note,
        "python": platform.python_version(),
        "rows": [asdict(row) | {"median": row.median, "p95": row.p95} for row in rows],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")


def _milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000
