"""Diagnostics: the findings of the config, and the model's last failures at the user's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.items import Position, Problem, Range, Related, Severity
from lsp_server.text import one_line, split_lines
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lsp_server.failures import Failure, Frame
    from lsp_server.snapshot import Snapshot
    from truss_base.document import Encoding
    from truss_base.validation import Finding

    LinkOf = Callable[[str], str | None]
    """Code of a problem → where it is explained."""

MAX_PROBLEMS = 200  # beyond that nobody reads on, and some editors slow down
_NO_PYTHON = {"SyntaxError", "IndentationError", "TabError"}
_CONSEQUENCE = {
    "load": "The model did not load",
    "import": "The model's module did not import",
    "predict": "The last prediction failed",
}


def problems(
    snapshot: Snapshot, findings: Iterable[Finding], failures: Iterable[Failure], link_of: LinkOf
) -> tuple[Problem, ...]:
    """Everything to show in one document, most important first where there is too much."""
    failures = tuple(failures)
    failed = [failure_problem(snapshot, failure, link_of) for failure in failures]
    said = any(failure.type in _NO_PYTHON for failure in failures)  # once is enough
    found = [
        finding_problem(snapshot, finding, link_of)
        for finding in findings
        if not (said and finding.code == "model-syntax")
    ]
    return tuple([*failed, *found][:MAX_PROBLEMS])


def findings_in(snapshot: Snapshot, config: Snapshot | None, saved: str) -> tuple[Finding, ...]:
    """What the validation of a Truss's config has to say about one of its files.

    It has read the other files from disk, as ``saved``: a finding whose characters have been
    edited since is left out until the next save.
    """
    if config is None or config.truss is None or snapshot.path is None:
        return ()
    if snapshot.path == config.path:
        return tuple(finding for finding in config.findings if finding.path is None)
    return tuple(
        finding
        for finding in config.findings
        if finding.path is not None
        and config.truss / finding.path == snapshot.path
        and snapshot.text[finding.start : finding.end] == saved[finding.start : finding.end]
    )


def findings_as_typed(snapshot: Snapshot, config: Snapshot) -> tuple[Finding, ...] | None:
    """What is wrong in a requirements file or examples, as they are typed; None for other files.

    The model's Python has servers of its own, which say while it is typed what is no Python.
    """
    from truss_base.config import TrussConfig
    from truss_base.validation.across import in_examples, in_requirements

    truss = config.truss
    if truss is None or snapshot.path is None or snapshot.path.suffix == ".py":
        return None
    values = TrussConfig.tolerant(config.document.data)
    for name, check in (
        (values.requirements_file, in_requirements),
        (values.examples_filename, in_examples),
    ):
        if name and truss / name == snapshot.path:
            return tuple(check(snapshot.text, name))
    return None


def any_server_says(snapshot: Snapshot, finding: Finding) -> bool:
    """Whether a server for any YAML says it too, so that two would say one thing.

    What YAML 1.2 takes and the loader of configs does not is left to nobody else: templates,
    tabs between a key and its value, plain text that needs quotes.
    """
    if finding.code == "duplicate-key":
        return True
    if finding.code == "examples":
        return bool(snapshot.document.problems)
    if finding.code != "syntax":
        return False
    problem = next((one for one in snapshot.document.problems if one.start == finding.start), None)
    if problem is None or problem.kind != "tab":
        return problem is None or problem.kind in ("syntax", "alias")
    line = snapshot.lines.span(snapshot.lines.line_at(problem.start))[0]
    return not snapshot.text[line : problem.start].strip()


def no_link(code: str) -> None:
    """For problems that only tell which finding an action is about."""


def finding_problem(snapshot: Snapshot, finding: Finding, link_of: LinkOf = no_link) -> Problem:
    related = tuple(
        Related(snapshot.uri, snapshot.range(other.start, other.end), other.message)
        for other in finding.related
    )
    return Problem(
        range=snapshot.range(finding.start, finding.end),
        severity=finding.severity,
        code=finding.code,
        message=finding.message,
        related=related,
        tags=tuple(finding.tags),
        link=link_of(finding.code),
    )


def failure_problem(snapshot: Snapshot, failure: Failure, link_of: LinkOf) -> Problem:
    """One failure at its line, with the other lines of its traceback as related places."""
    severity: Severity = "error"
    what = one_line(f"{failure.type}: {failure.message}" if failure.message else failure.type)
    related = tuple(
        Related(
            uri_of(frame.path),
            line_range(frame, snapshot.encoding),
            f"in {frame.function or 'the module'}",
        )
        for frame in failure.frames
        if frame != failure.at
    )
    code = f"{failure.phase}-failed"
    return Problem(
        range=anchored(snapshot, failure.at),
        severity=severity,
        code=code,
        message=f"{_CONSEQUENCE.get(failure.phase, 'The model failed')}: {what}",
        related=related,
        link=link_of(code),
    )


def anchored(snapshot: Snapshot, frame: Frame) -> Range:
    """The text of a frame's line where it stands now, indentation left out.

    Edits move lines: the nearest line with the same text is meant, else the one with the number.
    """
    lines = split_lines(snapshot.text)
    number = min(max(frame.line - 1, 0), len(lines) - 1)
    wanted = frame.text.strip()
    same = [index for index, line in enumerate(lines) if wanted and line.strip() == wanted]
    number = min(same, key=lambda index: abs(index - number), default=number)
    start = sum(len(line) for line in lines[:number])
    first, last = _visible(lines[number])
    return snapshot.range(start + first, start + last)


def line_range(frame: Frame, encoding: Encoding) -> Range:
    """The text of a frame's line as it was, in a file that need not be open."""
    from truss_base.document import LineIndex

    index = LineIndex(frame.text)
    first, last = (index.position(at, encoding)[1] for at in _visible(frame.text))
    return Range(Position(frame.line - 1, first), Position(frame.line - 1, last))


def _visible(line: str) -> tuple[int, int]:
    """Start and end of what is not blank."""
    end = len(line.rstrip())
    return min(len(line) - len(line.lstrip()), end), end
