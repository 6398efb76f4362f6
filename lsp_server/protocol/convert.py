"""Positions, problems, actions and answers, one function for each."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from lsp_server.client import Abilities
from lsp_server.documents import Change
from lsp_server.items import (
    SOURCE,
    Action,
    FileEdit,
    Hover,
    Location,
    NewFile,
    Position,
    Problem,
    Range,
    TextEdit,
)

_SEVERITY = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}
_TAG = {
    "unnecessary": types.DiagnosticTag.Unnecessary,
    "deprecated": types.DiagnosticTag.Deprecated,
}

# From the client


def from_position(position: types.Position) -> Position:
    return Position(position.line, position.character)


def from_range(span: types.Range) -> Range:
    return Range(from_position(span.start), from_position(span.end))


def from_change(change: types.TextDocumentContentChangeEvent) -> Change:
    span = getattr(change, "range", None)
    return Change(from_range(span) if span else None, change.text)


# To the client


def to_position(position: Position) -> types.Position:
    return types.Position(position.line, position.character)


def to_range(span: Range) -> types.Range:
    return types.Range(to_position(span.start), to_position(span.end))


def to_location(location: Location) -> types.Location:
    return types.Location(location.uri, to_range(location.range))


def to_diagnostic(problem: Problem, able: Abilities) -> types.Diagnostic:
    related = [
        types.DiagnosticRelatedInformation(
            location=types.Location(other.uri, to_range(other.range)), message=other.message
        )
        for other in problem.related
    ]
    tags = [_TAG[tag] for tag in problem.tags if tag in _TAG]
    return types.Diagnostic(
        range=to_range(problem.range),
        severity=_SEVERITY[problem.severity],
        code=problem.code,
        code_description=types.CodeDescription(problem.link)
        if problem.link and able.diagnostic_links
        else None,
        source=SOURCE,
        message=problem.message,
        related_information=(related or None) if able.related_information else None,
        tags=(tags or None) if able.diagnostic_tags else None,
    )


def to_workspace_edit(
    files: Sequence[FileEdit], able: Abilities, new_files: Sequence[NewFile] = ()
) -> types.WorkspaceEdit:
    """`new_files` only where the client creates files."""
    if not able.versioned_edits:
        return types.WorkspaceEdit(changes={file.uri: _to_edits(file) for file in files})
    created = [types.CreateFile(uri=new.uri) for new in new_files]
    filled = [_to_document_edit(_filling(new)) for new in new_files if new.text]
    edited = [_to_document_edit(file) for file in files]
    return types.WorkspaceEdit(document_changes=[*created, *filled, *edited])


def _filling(new: NewFile) -> FileEdit:
    top = Position(0, 0)
    return FileEdit(new.uri, None, (TextEdit(Range(top, top), new.text),))


def _to_document_edit(file: FileEdit) -> types.TextDocumentEdit:
    document = types.OptionalVersionedTextDocumentIdentifier(file.uri, file.version)
    return types.TextDocumentEdit(document, list(_to_edits(file)))


def _to_edits(file: FileEdit) -> list[types.TextEdit]:
    return [types.TextEdit(to_range(edit.range), edit.new_text) for edit in file.edits]


def to_command(action: Action) -> types.Command | None:
    if action.command is None:
        return None
    return types.Command(title=action.title, command=action.command, arguments=[action.argument])


def to_action(action: Action, able: Abilities) -> types.CodeAction | types.Command | None:
    """None where the client could not show or do it."""
    if action.disabled is not None and not able.disabled_actions:
        return None
    if action.new_files and not (able.creates_files and able.versioned_edits):
        return None
    if not able.action_literals:
        return to_command(action)  # before 3.8 a code action was a command and nothing else
    return types.CodeAction(
        title=action.title,
        kind=action.kind,
        diagnostics=[to_diagnostic(problem, able) for problem in action.problems] or None,
        edit=to_workspace_edit(action.edits, able, action.new_files)
        if action.edits or action.new_files
        else None,
        command=to_command(action) if action.disabled is None else None,
        disabled=types.CodeActionDisabled(reason=action.disabled) if action.disabled else None,
        is_preferred=(action.preferred or None) if able.preferred_actions else None,
    )


def to_hover(hover: Hover | None, able: Abilities) -> types.Hover | None:
    if hover is None:
        return None
    kind = types.MarkupKind.Markdown if able.markdown else types.MarkupKind.PlainText
    contents = types.MarkupContent(kind=kind, value=hover.text)
    return types.Hover(contents=contents, range=to_range(hover.range))


def to_report(
    problems: Sequence[Problem], able: Abilities
) -> types.RelatedFullDocumentDiagnosticReport:
    return types.RelatedFullDocumentDiagnosticReport(
        items=[to_diagnostic(problem, able) for problem in problems]
    )
