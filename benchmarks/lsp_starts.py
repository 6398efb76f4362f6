"""How a language server starts: to its first reply and its first diagnostics; and how it rests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.language_servers import OURS, Command, LanguageServer, Message, row
from benchmarks.lsp_workspaces import CONFIG, FILES, folder_with, large_workspace
from benchmarks.report import Row

STARTS = 10
REST = 3  # seconds


def rows(command: Command) -> Iterator[Row]:
    """Starts in a small and in a large workspace, in turns."""
    ours = command is OURS
    with folder_with(CONFIG) as path, large_workspace() as large:
        both = [(_start(command, path.parent), _start(command, large)) for _ in range(STARTS)]
        elapsed, busy = zip(*(one for one, _ in both), strict=True)
        yield row("start -> initialize reply", command, elapsed, 650 if ours else None)
        yield row("its processor time", command, busy, 600 if ours else None)
        ratios = [other[1] / one[1] for one, other in both]
        what = f"its processor time with {FILES:,} files in the workspace, times that"
        yield Row(f"{what}: {command.name}", tuple(ratios), "x", 1.1 if ours else None)
        what = f"processor time of {REST} s at rest, {FILES:,} files"
        yield row(what, command, (_at_rest(command, large),), 1 if ours else None)
    published, answered = zip(*(_first_open(command) for _ in range(STARTS)), strict=True)
    yield row("first didOpen, right after initialized -> diagnostics", command, published, None)
    yield row("a hover asked with it", command, answered, None)


def _start(command: Command, folder: Path) -> tuple[float, float]:
    """Milliseconds until the reply, and milliseconds of processor time until then."""
    began = time.perf_counter()
    server = LanguageServer(command, folder)
    place: Message = {"uri": folder.as_uri(), "name": folder.name}
    given: Message = {"processId": None, "rootUri": place["uri"], "capabilities": {}}
    server.request("initialize", {**given, "workspaceFolders": [place]})
    elapsed, busy = (time.perf_counter() - began) * 1000, server.processor_seconds * 1000
    server.end()
    return elapsed, busy


def _at_rest(command: Command, folder: Path) -> float:
    """Milliseconds of processor time of a server that nobody asks anything."""
    server = LanguageServer(command, folder)
    server.initialize()
    time.sleep(REST)  # what a start leaves to be done is done
    before = server.processor_seconds
    time.sleep(REST)
    busy = (server.processor_seconds - before) * 1000
    server.end()
    return busy


def _first_open(command: Command) -> tuple[float, float]:
    """Milliseconds to the first diagnostics, and to the answer of a hover asked with the open."""
    with folder_with(CONFIG) as path:
        server = LanguageServer(command, path.parent)
        server.initialize()
        began = time.perf_counter()
        server.open(path, CONFIG)
        hover = server.ask("textDocument/hover", server.at(path, CONFIG.count("\n") - 2, 5))
        server.diagnostics(path, lambda found: True)
        published = (time.perf_counter() - began) * 1000
        server.answer(hover)
        answered = (time.perf_counter() - began) * 1000
        server.end()
    return published, answered
