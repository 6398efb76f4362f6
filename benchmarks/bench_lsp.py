"""The language server as an editor feels it, beside yaml-language-server with upstream's schema.

Both run in the same minutes on the same texts: typing, completion, hover, start, memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import existing, lsp_starts
from benchmarks.language_servers import OURS, Command, LanguageServer, milliseconds, peer, row
from benchmarks.lsp_workspaces import folder_with, text_of
from benchmarks.report import Row, publish

TYPED = 60
PACED = 40
PAUSE = 0.05  # seconds between keystrokes of somebody who types fast
ASKED = 60
WARM_UP = 5


@dataclass(frozen=True)
class Targets:
    """Median to reach in milliseconds, by number of lines."""

    diagnostics: float | None
    processor: float | None
    completion: float | None
    hover: float | None


TARGETS = {30: Targets(3, 3, 1.5, 0.5), 3000: Targets(40, 40, 10, 2)}
NONE = Targets(None, None, None, None)


def main() -> None:
    schema = existing.prepare()["package"] / "truss" / "config.schema.json"
    rows = [found for command in (OURS, peer(schema)) for found in _measure(command)]
    publish("lsp", "Language server over stdio, ours and yaml-language-server", rows)


def _measure(command: Command) -> Iterator[Row]:
    ours = command is OURS
    yield from lsp_starts.rows(command)
    with folder_with(text_of(30)) as path:
        server = LanguageServer(command, path.parent)
        server.initialize()
        for lines in TARGETS:
            yield from _one_size(server, command, path, lines)
        memory = (server.memory_mb,)
        server.end()
    target = 90 if ours else None
    yield Row(f"memory after both documents: {command.name}", memory, "MB", target)


def _one_size(server: LanguageServer, command: Command, path: Path, lines: int) -> Iterator[Row]:
    text = text_of(lines)
    server.open(path, text)
    server.diagnostics(path, lambda found: True)
    wanted = TARGETS[lines] if command is OURS else NONE
    version = text[: text.index("python_version")].count("\n")
    blank, accelerator = text.count("\n") - 1, text.count("\n") - 2
    typed = [_keystroke(server, path, version, number) for number in range(TYPED + WARM_UP)]
    yield row(
        f"didChange -> diagnostics, {lines} lines",
        command,
        typed[WARM_UP:],
        wanted.diagnostics,
    )
    paced = _paced(server, path, version)
    yield row(
        f"processor time per keystroke, one per 50 ms, {lines} lines",
        command,
        (paced,),
        wanted.processor,
    )
    asked = _asked(server, "textDocument/completion", server.at(path, blank, 2))
    yield row(f"completion, {lines} lines", command, asked, wanted.completion)
    asked = _asked(server, "textDocument/hover", server.at(path, accelerator, 5))
    yield row(f"hover, {lines} lines", command, asked, wanted.hover)
    if lines == 30:
        after = [_after_an_edit(server, path, version, blank, number) for number in range(TYPED)]
        yield row(
            "completion right after an edit, 30 lines",
            command,
            after,
            16.0 if command is OURS else None,
        )
    server.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})


def _keystroke(server: LanguageServer, path: Path, line: int, number: int) -> float:
    """A character more in the word `python_version`, then one less: `pytxhon_version`."""
    adds = number % 2 == 0

    def type_one() -> None:
        server.change(path, line, 3, 3 if adds else 4, "x" if adds else "")
        # The peer does not know of unknown keys: any publication is an answer.
        server.diagnostics(path, lambda found: True)

    return milliseconds(type_one)


def _paced(server: LanguageServer, path: Path, line: int) -> float:
    """Processor milliseconds per keystroke while somebody types."""
    before = server.processor_seconds
    for number in range(PACED):
        adds = number % 2 == 0
        server.change(path, line, 3, 3 if adds else 4, "x" if adds else "")
        time.sleep(PAUSE)
    server.request("textDocument/hover", server.at(path, line, 1))
    time.sleep(PAUSE * 10)  # whoever waits for a pause in the typing works now
    return (server.processor_seconds - before) * 1000 / PACED


def _asked(server: LanguageServer, method: str, params: dict[str, object]) -> list[float]:
    answer = server.request(method, params)
    if not (answer.get("items", answer) if isinstance(answer, dict) else answer):
        raise RuntimeError(f"{method} answered nothing: that is no time to compare")
    took = [milliseconds(lambda: server.request(method, params)) for _ in range(ASKED + WARM_UP)]
    return took[WARM_UP:]


def _after_an_edit(server: LanguageServer, path: Path, line: int, blank: int, number: int) -> float:
    adds = number % 2 == 0

    def edit_and_ask() -> None:
        server.change(path, line, 3, 3 if adds else 4, "x" if adds else "")
        server.request("textDocument/completion", server.at(path, blank, 2))

    return milliseconds(edit_and_ask)


if __name__ == "__main__":
    main()
