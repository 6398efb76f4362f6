"""Renaming a secret, an environment variable, the model's class or an anchor, everywhere."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import TYPE_CHECKING

from lsp_server.errors import CannotRename
from lsp_server.features.names import CLASS_KEY, Name, by_file, occurrences, same
from lsp_server.features.new_key import appended, root_block
from lsp_server.features.python_names import names_of
from lsp_server.items import FileEdit, TextEdit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsp_server.features.names import Kind, Occurrence
    from lsp_server.items import Position, Range
    from lsp_server.snapshot import Snapshot
    from lsp_server.view import View

# What stays the same plain and quoted, in YAML and in Python.
_SAFE: dict[Kind, tuple[re.Pattern[str], str]] = {
    "secret": (re.compile(r"[A-Za-z_][\w.-]*", re.ASCII), "letters, digits, `_`, `-` and `.`"),
    "environment variable": (re.compile(r"[A-Za-z_]\w*", re.ASCII), "letters, digits and `_`"),
    "model class": (re.compile(r"[A-Za-z_]\w*", re.ASCII), "a Python name"),
    "anchor": (re.compile(r"[\w-]+", re.ASCII), "letters, digits, `_` and `-`"),
}


def prepare_rename(view: View, file: Snapshot, position: Position) -> tuple[Range, str] | None:
    """What would be renamed, and its present name; None where nothing can be."""
    found = same(view, file, file.index(position))
    return (found[0].range, found[0].name.text) if found else None


def rename(view: View, file: Snapshot, position: Position, new: str) -> tuple[FileEdit, ...]:
    """The edits of every file. Raises CannotRename with the reason."""
    found = same(view, file, file.index(position))
    if not found:
        raise CannotRename("Nothing that can be renamed stands here.")
    name = found[0].name
    if new == name.text:
        return ()
    _check(view, name, new, found)
    edits = [_edit(places, new) for places in by_file(found).values()]
    return (*edits, *_named_in_config(view, name, new, found))


def _check(view: View, name: Name, new: str, found: Sequence[Occurrence]) -> None:
    pattern, allowed = _SAFE[name.kind]
    if not pattern.fullmatch(new):
        raise CannotRename(f"{new!r} cannot name {_a(name.kind)}: use {allowed}.")
    if _means_something(new, name.kind):
        raise CannotRename(f"{new!r} cannot name {_a(name.kind)}: it has a meaning of its own.")
    if any(one.name == Name(name.kind, new) for one in occurrences(view)):
        raise CannotRename(f"There is {_a(name.kind)} {new!r} already.")
    for one in found:
        is_python = one.file.uri != view.config.uri
        bare = is_python and not one.qualified
        if name.kind == "model class" and bare and new in names_of(one.file.text):
            raise CannotRename(f"{_where(one)} uses the name {new!r} for something else.")
        if not one.literal:
            line = one.file.lines.line_at(one.start) + 1
            raise CannotRename(
                f"Line {line} of {_where(one)} spells the name with escapes: edit it first."
            )


def _where(one: Occurrence) -> str:
    return one.file.path.name if one.file.path else one.file.uri


def _a(kind: Kind) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _means_something(new: str, kind: Kind) -> bool:
    """Whether a plain word would be read as something else than this word."""
    if kind == "model class" and (keyword.iskeyword(new) or hasattr(builtins, new)):
        return True
    from truss_base.document import load

    return kind != "anchor" and load(new) != new


def _named_in_config(
    view: View, name: Name, new: str, found: Sequence[Occurrence]
) -> tuple[FileEdit, ...]:
    """A class that the config does not name has the usual name: another has to be written there."""
    config = view.config
    block = root_block(config)
    if name.kind != "model class" or any(one.file.uri == config.uri for one in found):
        return ()
    if block is None:
        raise CannotRename(f"{config.path} has to name the class, but is no block of keys.")
    edit = appended(config, block, f"{CLASS_KEY}: {new}")
    return (FileEdit(config.uri, config.version or None, (edit,)),)


def _edit(places: Sequence[Occurrence], new: str) -> FileEdit:
    file = places[0].file
    edits = tuple(TextEdit(one.range, new) for one in sorted(places, key=lambda one: one.start))
    # A file that is not open has no version that the client could compare.
    return FileEdit(file.uri, file.version or None, edits)
