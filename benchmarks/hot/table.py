"""The published table: printed, and written as docs/hot-cases.md and JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from benchmarks.hot.record import HOT, NOT_SERVED, REJECTED, RELOAD, RESTARTS
from benchmarks.hot.tools import TOOLS
from benchmarks.report import RESULTS
from tests.hot.hot_cases import CASES
from tests.hot.hot_verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.hot.record import Record

DOCUMENT = RESULTS.parent.parent / "docs" / "hot-cases.md"
DATA = RESULTS / "hot" / "cases.json"
HEAD = """\
# Hot swap: the change cases

Written by `python -m benchmarks.bench_hot_cases`. Every case is run for real: version 1 is started
and answers some requests, the change is made while it runs (in some cases with requests in
flight), and then the answers are compared with those of a freshly started version 2. State that
requests leave may be kept or lost; it must be what version 2 would have left. The cases, with their
diffs and requests, are the Markdown files in [tests/hot/cases](../tests/hot/cases).

- **ours** goes through a real control plane, which chooses: *hot* keeps the process with all that
  it has loaded, *reload* loads version 2 in another process. Its reason stands in the last column.
- **truss** is the hot reload of truss (`truss watch --hot-reload`); for changes outside the model
  folder it restarts instead. **autoreload** is IPython's, **jurigged** is jurigged; both take the
  place of the hot reload in the same server, and each is compared with fresh processes of that
  server.
- *ok*: the answers of version 2. *wrong*: others. *broken*: errors that version 2 does not have, a
  request in flight that failed, or a change that was called done and cannot run. *rejected*:
  version 2 cannot run and version 1 answers on. *refused*: version 2 can run, and version 1 answers
  on. *not served*: the other server cannot answer a request that is to be in flight.
- *hot is safe* where a hot swap gives the answers of version 2; found out by forcing one where ours
  reloads. *(careful)* marks the reloads that a hot swap could have spared.
"""


def publish(records: Sequence[Record]) -> None:
    """Prints the table with its summary and writes both files."""
    print("\n".join([*lines(records), "", *summary(records)]))
    DATA.parent.mkdir(parents=True, exist_ok=True)
    DATA.write_text(json.dumps([asdict(record) for record in records], indent=1) + "\n")
    DOCUMENT.write_text(document(records))


def summary(records: Sequence[Record]) -> list[str]:
    """One line per tool, and how often ours is hot where that is safe."""
    good = (Verdict.OK.value, Verdict.REJECTED.value)
    counts = [
        _counted("ours", [record.verdict for record in records]),
        *(_counted(tool.title, [record.others[tool.name] for record in records]) for tool in TOOLS),
    ]
    safe = [record for record in records if record.safe]
    hot = sum(record.hot for record in safe)
    bad = sum(record.verdict not in good for record in records)
    share = 100 * hot / len(safe) if safe else 100.0
    found = f"- hot is safe in {len(safe)} cases; ours is hot in {hot} of them ({share:.1f} %), "
    return [*counts, f"{found}and wrong or broken in {bad} of {len(records)}"]


def _counted(title: str, words: Iterable[str]) -> str:
    counts = Counter(words)
    bad = counts[Verdict.WRONG.value] + counts[Verdict.BROKEN.value]
    order = [*(verdict.value for verdict in Verdict), RESTARTS, NOT_SERVED]
    shown = ", ".join(f"{counts[word]} {word}" for word in order if counts[word])
    return f"- **{title}**: {bad} wrong or broken of {counts.total()} ({shown})"


def lines(records: Sequence[Record]) -> list[str]:
    """The table for a terminal."""
    titles = ["case", "ours", *(tool.name for tool in TOOLS)]
    rows = [titles, *([record.name[:64], _ours(record), *_others(record)] for record in records)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(titles))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]


def _ours(record: Record) -> str:
    if record.verdict == Verdict.REJECTED.value:
        return REJECTED
    word = f"{record.strategy} {record.verdict}"
    return f"{word} (careful)" if record.too_careful else word


def _others(record: Record) -> list[str]:
    return [record.others[tool.name].replace(" correctly", "") for tool in TOOLS]


def document(records: Sequence[Record]) -> str:
    """The text of docs/hot-cases.md."""
    parts = [HEAD, "## Summary\n", "\n".join(summary(records)), "", _by_group(records)]
    files = {
        title: path.name for path in CASES.glob("*.md") for title in [_title(path.read_text())]
    }
    for group, members in groupby(records, key=lambda record: record.group):
        parts += [f"## {group}\n", *_section(list(members), files[group])]
    return "\n".join(parts)


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def _by_group(records: Sequence[Record]) -> str:
    names = " | ".join(tool.name for tool in TOOLS)
    lines = [
        f"| group | cases | ours hot | ours reload | wrong or broken: ours | {names} |",
        "| --- |" + " ---: |" * (4 + len(TOOLS)),
    ]
    for group, found in groupby(records, key=lambda record: record.group):
        members = list(found)
        hot, reload = (sum(record.strategy == word for record in members) for word in (HOT, RELOAD))
        bad = [_bad(record.verdict for record in members)]
        bad += [_bad(record.others[tool.name] for record in members) for tool in TOOLS]
        cells = " | ".join(map(str, [len(members), hot, reload, *bad]))
        lines.append(f"| {group} | {cells} |")
    return "\n".join(lines) + "\n"


def _bad(words: Iterable[str]) -> int:
    return sum(word in (Verdict.WRONG.value, Verdict.BROKEN.value) for word in words)


def _section(records: Sequence[Record], file: str) -> list[str]:
    names = " | ".join(tool.name for tool in TOOLS)
    lines = [
        f"| change | kind | ours | {names} | reason for ours |",
        "| --- |" + " --- |" * (3 + len(TOOLS)),
    ]
    for record in records:
        link = f"[{record.name}](../tests/hot/cases/{file}#{record.id})"
        cells = [link, record.kind, _ours(record), *_others(record), record.reason]
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return [*lines, ""]


def _cell(text: str) -> str:
    for word in (Verdict.WRONG.value, Verdict.BROKEN.value):
        if text == word:
            return f"**{text}**"
    return text.replace("|", "\\|").replace("\n", " ")
