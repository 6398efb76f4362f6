"""The change cases: ours, the hot reload of the existing implementation, autoreload and jurigged.

Every case of `tests/hot/cases` goes through all of them in one run, each time in a process of its
own. A word on the command line runs the cases that have it in their name, without writing anything;
`--ours` leaves the other tools out, and writes nothing either.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from benchmarks.hot import table, tools
from benchmarks.hot.record import NOT_SERVED, RESTARTS, Record, record
from benchmarks.hot.tools import TOOLS, Tool
from tests.hot.hot_answers import NeverWaited
from tests.hot.hot_cases import Case, all_cases
from tests.hot.hot_plane import HotPlane, running_hot_plane
from tests.hot.hot_process import forced
from tests.hot.hot_verdicts import Run, Verdict

WORKERS = 2
OURS = "--ours"
S = TypeVar("S")
T = TypeVar("T")


UNKNOWN = ("-", "")


def main() -> int:
    words = [word for word in sys.argv[1:] if word != OURS]
    only_ours = OURS in sys.argv[1:]
    cases = [case for case in all_cases() if all(word in case.id for word in words)]
    ours = _ours(cases)
    safe = _each(_forced, list(zip(cases, ours, strict=True)))
    others = {
        tool.name: [UNKNOWN] * len(cases) if only_ours else _tool(tool, cases) for tool in TOOLS
    }
    records = [
        record(case, run, verdict, {name: words[number] for name, words in others.items()})
        for number, (case, run, verdict) in enumerate(zip(cases, ours, safe, strict=True))
    ]
    return _report(records, write=not sys.argv[1:])


def _report(records: Sequence[Record], *, write: bool) -> int:
    if write:
        table.publish(records)
    else:
        print("\n".join([*table.lines(records), *table.summary(records)]))
    bad = [record for record in records if not Verdict(record.verdict).good]
    for found in bad:
        print(f"{found.name}: {found.verdict}: {found.notes.get('ours')}", file=sys.stderr)
    return 1 if bad else 0


def _ours(cases: Sequence[Case]) -> list[Run]:
    with contextlib.ExitStack() as ends:
        free: queue.Queue[HotPlane] = queue.Queue()
        for _ in range(WORKERS):
            folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="hot-plane-"))
            free.put(ends.enter_context(running_hot_plane(Path(folder))))

        def run(case: Case) -> Run:
            plane = free.get()
            try:
                return plane.run(case)
            finally:
                free.put(plane)

        return _each(run, cases)


def _forced(pair: tuple[Case, Run]) -> Verdict | None:
    case, run = pair
    return None if run.hot and run.verdict.good else forced(case)[0]


def _tool(tool: Tool, cases: Sequence[Case]) -> list[tuple[str, str]]:
    """A word and a note for each case."""

    def run(case: Case) -> tuple[str, str]:
        if not tool.offers(case):
            return RESTARTS, ""
        try:
            verdict, note = tools.run(host, tool, case)
        except NeverWaited:
            return NOT_SERVED, ""
        return verdict.value, note

    with tools.host(tool) as host:
        return _each(run, cases)


def _each(work: Callable[[S], T], items: Sequence[S]) -> list[T]:
    with ThreadPoolExecutor(WORKERS) as workers:
        return list(workers.map(work, items))


if __name__ == "__main__":
    sys.exit(main())
