"""What the user of an editor asks for, and what it leaves of the text."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from lsp_editor import Editor
from lsp_marks import marked
from lsprotocol import types

Place = tuple[types.TextDocumentIdentifier, types.Position]


def at(editor: Editor, name: str, source: str) -> Place:
    """The document with a text, and the place of the mark in it."""
    text = marked(source)
    if editor.is_open(name):
        editor.write(name, text.text)
    else:
        editor.open(name, text.text)
    return types.TextDocumentIdentifier(editor.uri(name)), text.cursor.start


async def completions(
    editor: Editor, source: str, behind: str | None = None
) -> list[types.CompletionItem]:
    """What is offered in the config at the mark, in the order of the list.

    ``behind`` is the character that brought it up; else somebody asked.
    """
    context = None
    if behind is not None:
        context = types.CompletionContext(types.CompletionTriggerKind.TriggerCharacter, behind)
    found = await editor.client.text_document_completion_async(
        types.CompletionParams(*at(editor, "config.yaml", source), context)
    )
    assert isinstance(found, types.CompletionList)
    assert len(found.items) <= 100
    return sorted(found.items, key=lambda item: item.sort_text or item.label)


async def accepted(editor: Editor, source: str, label: str) -> str:
    """The config after a suggestion was chosen, snippets with everything left as proposed."""
    (item,) = [one for one in await completions(editor, source) if one.label == label]
    assert isinstance(item.text_edit, types.TextEdit)
    if "\n" in item.text_edit.new_text:
        assert item.insert_text_mode is types.InsertTextMode.AsIs, "nobody indents it once more"
    after = applied(editor.text("config.yaml"), [item.text_edit])
    return filled_in(after) if item.insert_text_format is types.InsertTextFormat.Snippet else after


def filled_in(snippet: str) -> str:
    """A text whose places to fill in are left as they were proposed."""
    text = re.sub(r"\$\{\d+\|((?:\\.|[^,|])*)(?:,(?:\\.|[^|])*)?\|\}", r"\1", snippet)
    text = re.sub(r"\$\{\d+:((?:\\.|[^}])*)\}", r"\1", text)
    return re.sub(r"\\([\\$},|])", r"\1", text)


def edited(editor: Editor, edit: types.WorkspaceEdit | None) -> dict[str, str]:
    """Every file that an edit touches, by its path from the folder, as it is afterwards."""
    after: dict[str, str] = {}
    assert edit is not None
    for change in edit.document_changes or ():
        if isinstance(change, types.CreateFile):
            after[_name(editor, change.uri)] = ""
            continue
        assert isinstance(change, types.TextDocumentEdit)
        name = _name(editor, change.text_document.uri)
        if name not in after:
            on_disk = editor.folder / name
            after[name] = editor.text(name) if editor.is_open(name) else on_disk.read_text()
        after[name] = applied(after[name], change.edits)
    return after


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """A text after edits, whose places count UTF-16 units of the text before."""
    for edit in sorted(edits, key=_start, reverse=True):
        start, end = _index(text, edit.range.start), _index(text, edit.range.end)
        text = text[:start] + edit.new_text + text[end:]
    return text


def _start(edit: types.TextEdit) -> tuple[int, int]:
    return edit.range.start.line, edit.range.start.character


def _index(text: str, place: types.Position) -> int:
    lines = re.split(r"(?<=\n)", text)
    units = lines[place.line].encode("utf-16-le")[: 2 * place.character]
    return sum(map(len, lines[: place.line])) + len(units.decode("utf-16-le"))


def where(editor: Editor, uri: str, span: types.Range) -> str:
    """A place as `path:line:from-to`, lines counted from 1."""
    start, end = span.start, span.end
    return f"{_name(editor, uri)}:{start.line + 1}:{start.character}-{end.character}"


def _name(editor: Editor, uri: str) -> str:
    path = Path(unquote(uri.removeprefix("file://")))
    if path.is_relative_to(editor.folder):
        return path.relative_to(editor.folder).as_posix()
    return f"../{path.relative_to(editor.folder.parent).as_posix()}"
