"""Requirements: into a file and back into the config, and pinned to what is installed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsp_server.features.actions.fixing import file_edit
from lsp_server.features.requirements_file import requirement_line
from lsp_server.items import Action, NewFile
from lsp_server.kinds import EXTRACT, INLINE, REWRITE
from lsp_server.uris import uri_of
from truss_base.document import Scalar, Sequence, resolve
from truss_base.validation import Edit
from truss_base.validation.rewriting import as_entry, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.features.surroundings import Surroundings
    from lsp_server.items import Range
    from lsp_server.snapshot import Snapshot
    from lsp_server.view import View
    from truss_base.document import Entry

KEY, FILE_KEY, FILE = "requirements", "requirements_file", "requirements.txt"
_ITEM = re.compile(r"\s*- +(?P<value>'[^']*'|\"[^\"\\]*\"|[^#'\"]*?)(?P<comment>\s+#.*)?\s*")
_REMARK = re.compile(r"\s*(?P<comment>#.*)?")
_PATHS = re.compile(r"\s*(-r|-c|-e|--requirement|--constraint|--editable|\.|/|file:)")


def refactorings(snapshot: Snapshot, span: Range, around: Surroundings) -> Iterator[Action]:
    """What can be done with the requirements that the cursor is on."""
    index = snapshot.index(span.start)
    if not snapshot.is_config:
        if (line := requirement_line(snapshot, index, around)) is not None:
            text = line.text.lstrip()
            yield from _pinned(snapshot, text, (line.end - len(text), line.end), "", around)
        return
    path, node = snapshot.document.path_at(index)
    entry = snapshot.document.entry((str(path[0]),)) if path else None
    view = around.view() if path and path[0] in (KEY, FILE_KEY) else None
    if entry is None or view is None:
        return
    if path[0] == KEY:
        yield from _into_a_file(snapshot, entry, view, around)
        if isinstance(node, Scalar) and len(path) == 2:
            yield from _pinned(snapshot, node.text, (node.start, node.end), node.style, around)
    elif isinstance(entry.value, Scalar):
        yield from _into_the_config(snapshot, entry, entry.value.text, around)


def _into_a_file(
    snapshot: Snapshot, entry: Entry, view: View, around: Surroundings
) -> Iterator[Action]:
    lines = _lines_of(snapshot, entry)
    taken = any(one.name == FILE for one in around.entries(view.folder))
    if not lines or taken or snapshot.document.entry((FILE_KEY,)) is not None:
        return
    # The remark on the last line has moved along with it.
    end = snapshot.lines.span(snapshot.lines.line_at(entry.value.end - 1))[1]
    edit = Edit(entry.key.start, end, f"{FILE_KEY}: {FILE}")
    yield Action(
        title=f"Move the requirements into {FILE}",
        kind=EXTRACT,
        edits=(file_edit(snapshot, (edit,)),),
        new_files=(NewFile(uri_of(view.folder / FILE), "".join(f"{line}\n" for line in lines)),),
    )


def _lines_of(snapshot: Snapshot, entry: Entry) -> list[str]:
    """A list in block style as lines of a file, remarks included; empty where that is not exact."""
    items = entry.value
    if not isinstance(items, Sequence) or items.flow or not items.items:
        return []
    head = snapshot.lines.line_at(entry.key.start)
    _, after_key = snapshot.lines.line_text(head).split(":", 1)
    lines = [after_key.strip()] if after_key.strip() else []
    for number in range(head + 1, snapshot.lines.line_at(items.end - 1) + 1):
        text = snapshot.lines.line_text(number)
        match = _ITEM.fullmatch(text) or _REMARK.fullmatch(text)
        if match is None:
            return []
        value = (match.groupdict().get("value") or "").strip("'\"")
        remark = (match["comment"] or "").strip()
        lines.append(f"{value}  {remark}" if value and remark else value or remark)
    found = [resolve(item) for item in items.items]
    values = [one.text for one in found if isinstance(one, Scalar)]
    kept = [line.split("  #")[0] for line in lines if line and not line.startswith("#")]
    return lines if kept == values else []


def _into_the_config(
    snapshot: Snapshot, entry: Entry, file: str, around: Surroundings
) -> Iterator[Action]:
    text = around.text(file) if file.endswith(".txt") else None
    if text is None or snapshot.document.entry((KEY,)) is not None:
        return
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # Paths count from the file's folder, and a line that goes on would be two entries.
    if not lines or any(_PATHS.match(line) or line.endswith("\\") for line in lines):
        return
    step = " " * snapshot.lines.indent_unit
    entries = [line if line.startswith("#") else f"- {as_entry(line)}" for line in lines]
    block = snapshot.lines.newline.join([f"{KEY}:", *(f"{step}{one}" for one in entries)])
    edit = Edit(entry.key.start, entry.value.end, block)
    title = f"Move the requirements of {file} here (the file stays)"
    yield Action(title=title, kind=INLINE, edits=(file_edit(snapshot, (edit,)),))


def _pinned(
    snapshot: Snapshot, text: str, span: tuple[int, int], style: str, around: Surroundings
) -> Iterator[Action]:
    """A bare name with a version that is installed: in what runs, or beside the editor."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+(\[[^\]]*\])?", text):
        return
    from truss_base.requirements import project

    name = project(text)
    places: dict[str, str] = {}
    for where, version in around.installed(name) if name else ():
        if version is not None:
            places.setdefault(version, where)
    for version, where in places.items():
        edit = Edit(*span, written(f"{text}=={version}", style))
        title = f"Pin {name} to {version}, as {where}"
        yield Action(title=title, kind=REWRITE, edits=(file_edit(snapshot, (edit,)),))
