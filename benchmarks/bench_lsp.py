"""The language server as an editor feels it, beside yaml-language-server with upstream's schema.

Both run in the same minutes on the same texts: typing, completion, hover, start, memory.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import existing
from benchmarks.language_servers import OURS, Command, LanguageServer, milliseconds, peer
from benchmarks.report import Row, publish

STARTS = 10
TYPED = 60
PACED = 40
PAUSE = 0.05  # seconds between keystrokes of somebody who types fast
ASKED = 60
WARM_UP = 5
CONFIG = """\
model_name: benchmark
description: |
  A config as people write them,
  thirty lines of it.
python_version: py311
use_control_plane: true
environment_variables:
  TOKENIZERS_PARALLELISM: "false"
  HF_HUB_ENABLE_HF_TRANSFER: "1"
requirements:
  - numpy==1.26.4
  - torch==2.3.0
  - transformers==4.41.0
system_packages:
  - ffmpeg
secrets:
  hf_access_token: null
runtime:
  predict_concurrency: 2
model_metadata:
  tags:
    - text-generation
  example_model_input:
    prompt: "What is a Truss?"
    max_new_tokens: 64
resources:
  cpu: "4"
  memory: 16Gi
  accelerator: A10G
  \n"""
MODEL = "class Model:\n    def predict(self, request):\n        return request\n"


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
    rows = [row for command in (OURS, peer(schema)) for row in _measure(command)]
    publish("lsp", "Language server over stdio, ours and yaml-language-server", rows)


def text_of(lines: int) -> str:
    """The config, its environment as long as it takes."""
    more = lines - CONFIG.count("\n")
    many = "".join(f'  VARIABLE_{number}: "{number}"\n' for number in range(more))
    return CONFIG.replace("environment_variables:\n", f"environment_variables:\n{many}")


@contextmanager
def folder_with(text: str) -> Iterator[Path]:
    """A Truss; gives the path of its config."""
    place = Path(tempfile.mkdtemp(prefix="bench-lsp-"))
    (place / "model").mkdir()
    (place / "model" / "model.py").write_text(MODEL)
    (place / "config.yaml").write_text(text)
    try:
        yield place / "config.yaml"
    finally:
        shutil.rmtree(place)


def _measure(command: Command) -> Iterator[Row]:
    ours = command is OURS
    elapsed, busy = zip(*(_start(command) for _ in range(STARTS)), strict=True)
    yield _row("start -> initialize reply", command, elapsed, 650 if ours else None)
    yield _row("its processor time", command, busy, 600 if ours else None)
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
    yield _row(
        f"didChange -> diagnostics, {lines} lines",
        command,
        typed[WARM_UP:],
        wanted.diagnostics,
    )
    paced = _paced(server, path, version)
    yield _row(
        f"processor time per keystroke, one per 50 ms, {lines} lines",
        command,
        (paced,),
        wanted.processor,
    )
    asked = _asked(server, "textDocument/completion", server.at(path, blank, 2))
    yield _row(f"completion, {lines} lines", command, asked, wanted.completion)
    asked = _asked(server, "textDocument/hover", server.at(path, accelerator, 5))
    yield _row(f"hover, {lines} lines", command, asked, wanted.hover)
    if lines == 30:
        after = [_after_an_edit(server, path, version, blank, number) for number in range(TYPED)]
        yield _row(
            "completion right after an edit, 30 lines",
            command,
            after,
            16.0 if command is OURS else None,
        )
    server.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})


def _row(
    what: str, command: Command, values: tuple[float, ...] | list[float], target: float | None
) -> Row:
    return Row(f"{what}: {command.name}", tuple(values), target=target)


def _start(command: Command) -> tuple[float, float]:
    """Milliseconds until the reply, and milliseconds of processor time until then."""
    with folder_with(CONFIG) as path:
        began = time.perf_counter()
        server = LanguageServer(command, path.parent)
        server.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        elapsed, busy = (time.perf_counter() - began) * 1000, server.processor_seconds * 1000
        server.end()
    return elapsed, busy


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
