"""Files and folders for the keys that name them, each with the kind that it can be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsp_server.features.completion.writing import within
from lsp_server.features.surroundings import Entry
from lsp_server.items import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lsp_server.features.completion.place import Place
    from lsp_server.features.surroundings import Surroundings
    from lsp_server.snapshot import Snapshot
    from lsp_server.view import View


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a key names: files that match, or folders."""

    files: re.Pattern[str] | None = None
    from_the_model: bool = False


_FOLDER = _Wanted()
_WANTED: dict[tuple[str, ...], _Wanted] = {
    ("requirements_file",): _Wanted(re.compile(r".*requirements.*\.txt|pyproject\.toml|uv\.lock")),
    ("model_class_filename",): _Wanted(re.compile(r".*\.py"), from_the_model=True),
    ("examples_filename",): _Wanted(re.compile(r".*\.ya?ml")),
    ("model_module_dir",): _FOLDER,
    ("data_dir",): _FOLDER,
    ("bundled_packages_dir",): _FOLDER,
    ("external_package_dirs",): _FOLDER,
}
_PARENT = Entry("..", is_folder=True)
_NEVER = {"config.yaml", "__pycache__", "node_modules"}


def paths(snapshot: Snapshot, place: Place, around: Surroundings) -> Iterator[Suggestion]:
    """What lies in the folder that was typed so far; nothing for keys that name no path."""
    wanted = _WANTED.get(place.path)
    view = around.view() if wanted is not None else None
    if wanted is None or view is None:
        return
    typed = place.word.rpartition("/")[0]
    folder = _folder(view, wanted, typed)
    for entry in sorted(around.entries(folder), key=lambda entry: (entry.is_folder, entry.name)):
        if _fits(entry, wanted):
            yield _suggestion(snapshot, place, wanted, f"{typed}/" if typed else "", entry)
    if wanted is _FOLDER and place.path == ("external_package_dirs",) and not typed:
        yield _suggestion(snapshot, place, wanted, "", _PARENT)


def _folder(view: View, wanted: _Wanted, typed: str) -> Path:
    base = view.model_path.parent if wanted.from_the_model else view.folder
    for part in typed.split("/"):
        base = base.parent if part == ".." else base / part if part not in ("", ".") else base
    return base


def _fits(entry: Entry, wanted: _Wanted) -> bool:
    if entry.name.startswith(".") or entry.name in _NEVER:
        return False
    return entry.is_folder or bool(wanted.files and wanted.files.fullmatch(entry.name))


def _suggestion(
    snapshot: Snapshot, place: Place, wanted: _Wanted, front: str, entry: Entry
) -> Suggestion:
    # A folder that is only on the way ends with a slash: typing goes on behind it.
    on_the_way = entry.is_folder and (wanted.files is not None or entry.name == "..")
    text = f"{front}{entry.name}{'/' if on_the_way else ''}"
    return Suggestion(
        label=text,
        kind="folder" if entry.is_folder else "file",
        detail="",
        new_text=f"{place.lead}{within(text, place.quote)}",
        replace=snapshot.range(place.start, place.end),
        sort=f"{int(on_the_way)}{entry.name}",
        filter=f"{place.lead}{text}" if place.kind == "value" else "",
        about=place.path,
    )
