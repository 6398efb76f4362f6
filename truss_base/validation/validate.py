"""`validate`: everything that is wrong with a config, each fault once, at its place."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from truss_base.config import TrussConfig
from truss_base.config.definitions.root import ROOT
from truss_base.document import Document, Scalar, resolve
from truss_base.document.collection import collection_paused
from truss_base.document.reading import PUSHED_DEPTH
from truss_base.validation.findings import Finding, Related
from truss_base.validation.fixes import fixes_for
from truss_base.validation.openai_tag import openai_tag
from truss_base.validation.placing import key_range, place, span
from truss_base.validation.requirements import requirement_entries
from truss_base.validation.spelling import coerced_variables, duplicate_keys
from truss_base.validation.suppression import unsuppressed
from truss_base.validation.syntax_fixes import fixes_of_syntax
from truss_base.validation.unsure import unsure_findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from truss_base.config.faults import Fault, Severity
    from truss_base.document import Problem

# Beyond this nobody reads on, and an editor slows down.
MOST_FINDINGS = 500


def validate(text: str, directory: Path | None = None) -> list[Finding]:
    """The findings of a config's text, in the order of the text. Never raises.

    With a directory the files of the Truss are looked at too; its Python is read, never run.
    """
    with collection_paused():
        return findings_of(Document.parse(text), directory)


def findings_of(document: Document, directory: Path | None = None) -> list[Finding]:
    """`validate` for those who have read the text already."""
    problems = document.problems
    config, faults = _read(document)
    findings = [*_syntax(document, problems), *_semantics(document, problems, faults)]
    elsewhere: list[Finding] = []
    if directory is not None and not problems:
        from truss_base.validation.across import across_files

        whole = config or TrussConfig.tolerant(document.data)
        for finding in across_files(document, whole, directory):
            (findings if finding.path is None else elsewhere).append(finding)
    kept = [*unsuppressed(_once(findings), document.text, document.lines), *_once(elsewhere)]
    kept.sort(key=lambda finding: (finding.path or "", finding.start, finding.end))
    return kept[:MOST_FINDINGS]


def _syntax(document: Document, problems: Sequence[Problem]) -> Iterator[Finding]:
    for problem in problems:
        code = "too-large" if problem.kind == "too-large" else "syntax"
        fixes = fixes_of_syntax(document, problem)
        start, end = problem.start, problem.end
        yield Finding(start, end, code, "error", problem.message, fixes=fixes)


def _read(document: Document) -> tuple[TrussConfig | None, list[Fault]]:
    """The values, as far as they can be read, and what is wrong with them.

    None where more is wrong than anybody would read: not all of it was looked at.
    """
    faults: list[Fault] = []
    data = document.data
    values = dict(data) if isinstance(data, AnyMapping) else {}
    version = document.node(("python_version",))
    if isinstance(version, Scalar) and isinstance(values.get("python_version"), float):
        # As a number 3.10 is 3.1: only the text shows what was meant.
        values["python_version"] = version.text

    def report(fault: Fault) -> None:
        faults.append(fault)
        if len(faults) == MOST_FINDINGS:
            raise _EnoughError

    with suppress(_EnoughError):
        return TrussConfig.of_record(ROOT.read(values, (), report), faults), faults
    return None, faults


class _EnoughError(Exception):
    """Ends reading where nobody would read on; never leaves this module."""


def _semantics(
    document: Document, problems: Sequence[Problem], faults: Sequence[Fault]
) -> Iterator[Finding]:
    data = document.data
    if document.root is None or data is None:
        return
    if not isinstance(data, AnyMapping):
        if not problems:
            yield _not_a_mapping(document, data)
        return
    found = [_finding(document, fault) for fault in faults]
    found += islice(duplicate_keys(document), MOST_FINDINGS)
    found += islice(coerced_variables(document), MOST_FINDINGS)
    found += islice(requirement_entries(document), MOST_FINDINGS)
    found += openai_tag(document, data)
    found += _too_deep(document)
    unsure = unsure_findings(document, problems)
    yield from (finding for finding in found if not problems or not unsure(finding))


def _too_deep(document: Document) -> Iterator[Finding]:
    if document.depth > PUSHED_DEPTH:
        start, end = key_range(document, document.path_at(document.deepest)[0][:1])
        message = f"nested {document.depth} levels deep: a push takes {PUSHED_DEPTH}"
        yield Finding(start, end, "too-large", "warning", message)


def _finding(document: Document, fault: Fault) -> Finding:
    start, end = place(document, fault)
    return Finding(
        start,
        end,
        fault.code,
        fault.severity,
        fault.message,
        tuple(Related(*key_range(document, path), "see here") for path in fault.related),
        fixes_for(document, fault),
        tags=(fault.tag,) if fault.tag else (),
    )


def _not_a_mapping(document: Document, data: object) -> Finding:
    root = document.root
    assert root is not None
    start, _ = span(resolve(root))
    end = document.lines.span(document.lines.line_at(start))[1]
    message = "a config is a mapping of keys to values, such as `model_name: My model`"
    # The loader takes anything that is empty or zero for an empty config.
    severity: Severity = "error" if data else "warning"
    return Finding(start, max(end, start + 1), "not-a-mapping", severity, message)


def _once(findings: list[Finding]) -> Iterator[Finding]:
    """An alias shows one fault in several places of the data: in the text it is one.

    Nor is what is refused called deprecated as well.
    """
    seen: set[tuple[int, int, str, str | None]] = set()
    refused = {(f.start, f.end, f.path) for f in findings if f.severity == "error"}
    for finding in findings:
        place = (finding.start, finding.end, finding.path)
        if finding.code == "deprecated" and place in refused:
            continue
        key = (finding.start, finding.end, finding.code, finding.path)
        if key not in seen:
            seen.add(key)
            yield finding
