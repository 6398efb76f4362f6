"""What validation finds in real configs, in configs with one planted fault, and in broken text.

The figures of the issue's table. The corpus is no part of the repository: where it is absent, this
says so and ends. Columns of the corpus count UTF-16 units; findings are converted.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from benchmarks.breaking import BREAKS, broken
from benchmarks.corpus import CORPUS, mutants, real_configs, verdicts
from benchmarks.report import Row, publish
from truss_base.document import Document, LineIndex
from truss_base.validation import Finding, validate

SEED = 20261121


def main() -> int:
    if not verdicts() or not mutants():
        print(f"no corpus of real configs at {CORPUS}: nothing to measure")
        return 0
    rows = [*_accepted(), *_mutants(), *_categories(), *_recovery()]
    publish("corpus", "Validation of real configs and of planted faults", rows)
    return 0


def _share(what: str, hits: list[bool], target: float | None = None) -> Row:
    return Row(f"{what} ({sum(hits)} of {len(hits)})", (100 * sum(hits) / len(hits),), "%", target)


def _accepted() -> Iterator[Row]:
    """Where the loader accepts and we report an error, and the other way round."""
    false_errors: list[bool] = []
    silent: list[bool] = []
    for entry, (_, text) in zip(verdicts(), real_configs(), strict=True):
        errors = [finding for finding in validate(text) if finding.severity == "error"]
        (false_errors if entry["parse_accepts"] else silent).append(
            bool(errors) is entry["parse_accepts"]
        )
    yield _share("false errors on configs the loader accepts", false_errors, 0)
    yield _share("silence on configs the loader refuses", silent, 0)


def _findings(entry: dict[str, Any]) -> list[Finding]:
    """What is said about a mutant; hints on older forms are on purpose and no strays."""
    return [finding for finding in validate(entry["text"]) if finding.severity != "hint"]


def _places(entry: dict[str, Any], findings: list[Finding]) -> list[tuple[int, int]]:
    lines = LineIndex(entry["text"])
    return [lines.position(finding.start, "utf-16") for finding in findings]


def _mutants() -> Iterator[Row]:
    found, right_line, exact, stray = [], [], [], []
    for entry in mutants():
        findings = _findings(entry)
        places = _places(entry, findings)
        found.append(bool(findings))
        right_line.append(any(line in entry["ok_lines"] for line, _ in places))
        exact.append((entry["line"], entry["col"]) in places)
        # A variable that was null before the mutation is a finding of its own, not a stray.
        stray.append(
            any(
                line not in entry["ok_lines"] and finding.code != "coerced"
                for (line, _), finding in zip(places, findings, strict=True)
            )
        )
    yield _share("planted faults: found", found, 99)
    yield _share("planted faults: at the right line", right_line, 99)
    yield _share("planted faults: with the exact start", exact, 95)
    yield _share("planted faults: with stray findings", stray, 2)


def _categories() -> Iterator[Row]:
    exact: dict[str, list[bool]] = defaultdict(list)
    for entry in mutants():
        places = _places(entry, _findings(entry))
        exact[entry["category"]].append((entry["line"], entry["col"]) in places)
    yield from (_share(f"  exact: {name}", hits) for name, hits in sorted(exact.items()))


def _recovery() -> Iterator[Row]:
    """Keys of the first two levels that stay known in text that does not parse."""
    everything: list[float] = []
    for kind in BREAKS:
        shares = [
            share
            for path, text in real_configs()
            if (share := _kept(text, broken(text, kind, f"{SEED}-{path}"))) is not None
        ]
        everything += shares
        if shares:
            mean = 100 * sum(shares) / len(shares)
            yield Row(f"  other keys kept: {kind} (mean of {len(shares)})", (mean,), "%")
    yield Row("other keys kept in text that does not parse, all kinds",
              (100 * sum(everything) / len(everything),), "%", 97)  # fmt: skip


def _kept(text: str, edited: tuple[str, int] | None) -> float | None:
    """The share of keys on other lines that is still known; None where the text still parses."""
    if edited is None:
        return None
    new, line = edited
    document = Document.parse(new)
    if not document.problems:
        return None
    before = Document.parse(text)
    others = {path for path, at in _paths(before) if at != line}
    after = {path for path, _ in _paths(document)}
    return len(others & after) / len(others) if others else None


def _paths(document: Document) -> Iterator[tuple[tuple[Any, ...], int]]:
    data = document.data
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        yield (key,), _line(document, (key,))
        if isinstance(value, dict):
            yield from (((key, inner), _line(document, (key, inner))) for inner in value)


def _line(document: Document, path: tuple[Any, ...]) -> int:
    entry = document.entry(path)
    return document.lines.line_at(entry.key.start) if entry is not None else -1


if __name__ == "__main__":
    sys.exit(main())
