"""`make demo`: a Truss is started, its config broken and mended, its model edited and patched."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from demo.editor import Editor
from demo.stopwatch import Stopwatch
from truss_handle import operations
from truss_handle.exceptions import HandleError

REPOSITORY = Path(__file__).resolve().parent.parent
QUESTION = {"measurements": [5.9, 2.8, 4.3, 1.3]}
# The line of predict as it is, and what it is changed to with each save.
LINES = (
    '"name": common_name(self._species[best]),',
    '"name": common_name(self._species[best]).upper() + "!",',
    '"name": common_name(self._species[best]).upper() + "!!",',
)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="control-truss-demo-") as scratch:
        os.environ["CONTROL_TRUSS_HOME"] = f"{scratch}/state"
        os.environ.setdefault("CONTROL_TRUSS_CACHE", str(REPOSITORY / ".cache" / "control-truss"))
        truss = Path(scratch) / "iris"
        shutil.copytree(REPOSITORY / "fixtures" / "iris", truss)
        try:
            asyncio.run(_demo(truss))
        except HandleError as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("demo: interrupted; what it had started is stopped", file=sys.stderr)
            return 130
    return 0


async def _demo(truss: Path) -> None:
    watch = Stopwatch()
    editor = Editor(truss)
    try:
        await _start(truss, watch)
        await _predict(truss, watch, "predict, first answer")
        with watch.step("language server: start and initialize"):
            await editor.start()
        await _break_and_fix_the_config(editor, watch)
        await _edit_the_model(editor, watch)
        await _predict(truss, watch, "predict once more")
        await editor.stop()
    finally:
        with watch.step("stop everything"):
            await _stop(editor, truss)
    _title("What took how long")
    print(watch.table())


async def _start(truss: Path, watch: Stopwatch) -> None:
    _title("Start the Truss on the local runtime")
    options = operations.StartOptions(runtime="local", any_python=True)
    with watch.step("start: environments, control plane, load()"):
        await operations.start(truss, options, lambda event: _say(event.message))
    status = await operations.status(truss)
    _say(f"{status.state} at {status.url}, load() took {status.load_seconds:.2f} s")
    for role, pid in status.raw["pid"].items():
        _say(f"{role:<9} process {pid}: {_environment_of(pid)}")


async def _stop(editor: Editor, truss: Path) -> None:
    try:
        # An interrupt reaches the language server too; left alone, it outlives the event loop.
        await editor.end()
    finally:
        await operations.stop(truss)


async def _predict(truss: Path, watch: Stopwatch, step: str) -> Any:
    with watch.step(step):
        answer = await operations.predict(truss, QUESTION)
    _say(f"predict {json.dumps(QUESTION)} -> {json.dumps(answer.body)}")
    return answer.body


async def _break_and_fix_the_config(editor: Editor, watch: Stopwatch) -> None:
    _title("Break config.yaml in the editor: a typo and a wrong accelerator")
    editor.open("config.yaml")
    await editor.diagnostics("config.yaml")
    editor.type("config.yaml", "requirements:", "requirement:")
    await editor.diagnostics("config.yaml")
    with watch.step("config.yaml: keystroke -> diagnostics"):
        editor.type("config.yaml", "accelerator: null", "accelerator: a10g")
        found = await editor.diagnostics("config.yaml")
    for diagnostic in found:
        start, end = diagnostic.range.start, diagnostic.range.end
        where = f"{start.line + 1}:{start.character + 1}-{end.line + 1}:{end.character + 1}"
        _say(f"{where:<12} [{diagnostic.code}] {diagnostic.message}")
    _title("Fix it with the server's quick fixes")
    while found:
        title = await editor.quick_fix("config.yaml", found[0])
        if title is None:
            raise SystemExit(f"demo: the server offers no fix for: {found[0].message}")
        _say(title)
        found = await editor.diagnostics("config.yaml")
    editor.type("config.yaml", "accelerator: A10G", "accelerator: null")
    _say(f"{len(await editor.diagnostics('config.yaml'))} diagnostics left")


async def _edit_the_model(editor: Editor, watch: Stopwatch) -> None:
    _title("Edit predict in model.py and save: the language server patches")
    editor.open("model/model.py")
    await _save(editor, watch, *LINES[:2], "save -> patched -> new answer, the first (imports)")
    await _save(editor, watch, *LINES[1:], "save -> patched -> new answer, the second")
    await _say_how_it_was_patched(editor)


async def _save(editor: Editor, watch: Stopwatch, old: str, new: str, step: str) -> None:
    _say(f"- {old}")
    _say(f"+ {new}")
    editor.type("model/model.py", old, new)
    with watch.step(step):
        editor.save("model/model.py")
        answer = await editor.command("truss.predict", input=QUESTION)
    _say(f"predict -> {json.dumps(answer['output'])}")
    if answer["output"]["name"].count("!") != new.count("!"):
        raise SystemExit("demo: the old model still answers")


async def _say_how_it_was_patched(editor: Editor) -> None:
    status = await editor.command("truss.showStatus")
    newest = status["patches"][-1]
    timings = newest["timings_ms"]
    how = (
        f"{timings['load'] / 1000:.2f} s of them in load(), while the old version answered"
        if "load" in timings
        else "swapped into the live process: load() did not run again"
    )
    _say(f"strategy {newest['strategy']}: the patch took {timings['total'] / 1000:.2f} s, {how}")


def _environment_of(pid: int) -> str:
    """The virtual environment that a process runs in, from its command line."""
    executable = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    environment = Path(executable).parent.parent
    return f"{environment.parent.name}/{environment.name}"


def _title(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
