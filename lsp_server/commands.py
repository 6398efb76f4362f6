"""The ``truss.*`` commands: each takes a session, a Truss and its argument, and answers JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from lsp_server.errors import BadArgument, NoTruss, Untrusted, failure
from lsp_server.features import debug as debug_text
from lsp_server.features import plan as plan_text
from lsp_server.settings import Runtime
from lsp_server.streaming import Pieces
from lsp_server.uris import path_of, uri_of
from lsp_server.versions import versions

if TYPE_CHECKING:
    from types import ModuleType

    from lsp_server.client import Token
    from lsp_server.items import Json
    from lsp_server.progress import Bar
    from lsp_server.session import Session
    from truss_handle.values import PatchResult, ProgressEvent, Running

DEFAULT_TAIL = 200
PATCHING = "patching"
PREDICT_CHUNK, LOG = "truss/predictChunk", "truss/log"
RUNTIMES = get_args(Runtime)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a command."""

    session: Session
    truss: Path
    argument: Json
    bar: Bar

    def progress(self, event: ProgressEvent) -> None:
        """Passed to operations: their steps show in the progress bar and in the status."""
        self.bar.report(event.message, event.percent)
        self.session.runtime.stage(self.truss, event.message)

    def text(self, key: str) -> str | None:
        value = self.argument.get(key)
        if value is not None and not isinstance(value, str):
            raise BadArgument(f"{key!r} has to be a string.")
        return value

    def texts(self, key: str) -> list[str] | None:
        value = self.argument.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise BadArgument(f"{key!r} has to be a list of strings.")
        return value

    def sender(self, notification: str) -> Callable[[str], None]:
        """Sends texts to the client, under the name that it gave them: its `stream`."""
        told = {"uri": uri_of(self.truss), "id": self.text("stream")}
        return lambda text: self.session.client.notify(notification, {**told, "text": text})


Run = Callable[[Call], Awaitable["Json"]]


async def execute(session: Session, name: str, argument: Any, token: Token | None = None) -> Json:
    """Runs one command. Every failure becomes an answer; only a cancellation gets through."""
    if name == DEBUG_INFO:
        return {"ok": True, **await debug_info(session)}
    title, run = COMMANDS[name]
    try:
        if not session.trusted:
            raise Untrusted
        argument = {} if argument is None else argument
        if not isinstance(argument, dict):
            raise BadArgument('The argument is a JSON object: {"uri": the folder of a Truss, …}.')
        truss = truss_named(session, argument.get("uri"))
        async with session.bars.show(title.format(name=truss.name), token) as bar:
            answer = await _attempt(Call(session, truss, argument, bar), run)
            bar.outcome = answer.get("message") or answer.get("error", {}).get("message", "")
        if argument.get("show") is True and bar.outcome:
            session.client.show("information" if answer["ok"] else "warning", bar.outcome)
        return answer
    except Exception as error:  # the boundary: what went wrong is the answer
        return failure(error)


async def _attempt(call: Call, run: Run) -> Json:
    try:
        return {"ok": True, **await run(call)}
    except Exception as error:  # the boundary again, so that the bar can say how it ended
        model_error = getattr(error, "model_error", None)
        if model_error:
            call.session.model_failed(call.truss, model_error)
        return failure(error)


def truss_named(session: Session, uri: object) -> Path:
    """The Truss of a URI (its folder, or a file in it). Without one: the only one there is."""
    if uri is None:
        known = session.trusses.known()
        if len(known) == 1:
            return known[0]
        raise NoTruss(f"Say which Truss: {len(known)} are known here.", hint='Pass {"uri": …}.')
    path = path_of(uri) if isinstance(uri, str) else None
    if path is None:
        raise BadArgument(f"{uri!r} is not a file URI.")
    session.trusses.forget(path)  # it may have become one since
    truss = session.trusses.locate(path / "config.yaml")
    if truss is None:
        raise NoTruss(
            f"{path} is not a Truss, and in none.", hint="A Truss has a config.yaml and a model/."
        )
    return truss


async def start(call: Call) -> Json:
    settings = await call.session.settings(call.truss)
    chosen = call.text("runtime") or settings.runtime
    if chosen not in RUNTIMES:
        raise BadArgument(f"{chosen!r} is no runtime: one of {', '.join(RUNTIMES)}.")

    def run(operations: ModuleType) -> Awaitable[Running]:
        options = operations.StartOptions(runtime=chosen, any_python=settings.any_python)
        started: Awaitable[Running] = operations.start(call.truss, options, call.progress)
        return started

    running = await call.session.runtime.exclusive(call.truss, "starting", run)
    await asyncio.wait([call.session.runtime.look(call.truss)])
    call.session.version_works(call.truss)
    return {**_running(running), "message": f"{call.truss.name} runs at {running.url}"}


async def stop(call: Call) -> Json:
    runtime = call.session.runtime
    runtime.supersede(call.truss)
    stopped = await runtime.exclusive(
        call.truss,
        "stopping",
        lambda operations: operations.stop(call.truss, runtime=call.text("runtime")),
    )
    await asyncio.wait([runtime.look(call.truss)])
    call.session.version_works(call.truss)
    message = f"{call.truss.name} was stopped" if stopped else f"Nothing ran for {call.truss.name}"
    return {"stopped": stopped, "message": message}


async def patch(call: Call) -> Json:
    changed = call.texts("changed")
    result: PatchResult = await call.session.runtime.exclusive(
        call.truss,
        PATCHING,
        lambda operations: operations.patch(call.truss, progress=call.progress, changed=changed),
    )
    call.session.runtime.applied(call.truss, result.hash)
    call.session.version_works(call.truss, changed=result.changed)
    unsaved = call.session.documents.unsaved(call.truss)
    return {
        "changed": result.changed,
        "hash": result.hash,
        "strategy": result.strategy,
        "reasons": [dict(reason) for reason in result.reasons],
        "timings_ms": dict(result.timings_ms),
        "unsaved": [path.relative_to(call.truss).as_posix() for path in unsaved],
        "message": result.msg,
    }


async def rebuild(call: Call) -> Json:
    running = await call.session.runtime.exclusive(
        call.truss,
        "rebuilding",
        lambda operations: operations.rebuild(
            call.truss, runtime=call.text("runtime"), progress=call.progress
        ),
    )
    await asyncio.wait([call.session.runtime.look(call.truss)])
    call.session.version_works(call.truss)
    return {**_running(running), "message": f"{call.truss.name} was rebuilt and runs again"}


async def show_plan(call: Call) -> Json:
    operations = await call.session.runtime.operations()
    plan = {"title": "", "upper_bound": False, **await operations.plan(call.truss)}
    text = plan_text.markdown(call.truss.name, plan)
    return {**plan, "markdown": text, "message": plan_text.summary(call.truss.name, plan)}


async def predict(call: Call) -> Json:
    operations = await call.session.runtime.operations()
    await call.session.saves.settled(call.truss)
    if "input" in call.argument:
        asked = call.argument["input"]
    else:
        asked = (await operations.predict_input(call.truss)).input
    pieces = Pieces(call.sender(PREDICT_CHUNK))
    wanted = "stream" in call.argument
    result = await operations.predict(call.truss, asked, on_text=pieces.add if wanted else None)
    pieces.flush()
    answer: Json = {
        "ok": result.ok,
        "status": result.status,
        "output": result.body,
        "kind": result.kind,
        "latency_ms": result.latency_ms,
        "first_byte_ms": result.first_byte_ms,
        "size": result.size,
        "content_type": result.content_type,
    }
    if result.model_error:
        answer["model_error"] = dict(result.model_error)
        call.session.model_failed(call.truss, result.model_error)
    elif result.ok:
        call.session.prediction_works(call.truss)
    call.session.runtime.predicted(call.truss, result.latency_ms)
    answer["message"] = f"{result.status} in {result.latency_ms:.0f} ms, {result.size} bytes"
    return answer


async def predict_input(call: Call) -> Json:
    operations = await call.session.runtime.operations()
    offered = await operations.predict_input(call.truss)
    return {"input": offered.input, "source": offered.source}


async def show_status(call: Call) -> Json:
    await asyncio.wait([call.session.runtime.look(call.truss)])
    operations = await call.session.runtime.operations()
    status = asdict(await operations.status(call.truss))
    for internal in ("truss_dir", "raw"):
        del status[internal]
    return {**status, **call.session.status(call.truss)}


async def logs(call: Call) -> Json:
    tail = call.argument.get("tail", DEFAULT_TAIL)
    if not isinstance(tail, int) or tail < 0:
        raise BadArgument("'tail' has to be a number of lines.")
    operations = await call.session.runtime.operations()
    if call.argument.get("follow") is not True:
        return {"lines": [line async for line in operations.logs(call.truss, tail=tail)]}
    pieces = Pieces(call.sender(LOG))
    async for line in operations.logs(call.truss, tail=tail, follow=True):
        pieces.add(f"{line.rstrip()}\n")
    pieces.flush()
    return {"lines": []}


async def debug_info(session: Session) -> Json:
    """About the server itself: needs no Truss and no trust."""
    documents = [
        {"uri": one.uri, "version": one.version, "characters": len(one.text)}
        for one in session.documents
    ]
    prepared = session.speculation.prepared
    trusses = {
        folder.name: {**asdict(session.runtime.state(folder)), "prepared": prepared.get(folder)}
        for folder in session.known()
    }
    parts = (versions(), session.timings.summary(), documents, trusses)
    named = dict(zip(("versions", "timings", "documents", "trusses"), parts, strict=True))
    return {**named, "abilities": asdict(session.able), "markdown": debug_text.markdown(*parts)}


def _running(running: Running) -> Json:
    return {
        "id": running.id,
        "url": running.url,
        "runtime": running.runtime,
        "control": running.control,
    }


COMMANDS: dict[str, tuple[str, Run]] = {
    "truss.startContainer": ("Starting {name}", start),
    "truss.stopContainer": ("Stopping {name}", stop),
    "truss.patchContainer": ("Patching {name}", patch),
    "truss.rebuildContainer": ("Rebuilding {name}", rebuild),
    "truss.showPlan": ("Planning a patch of {name}", show_plan),
    "truss.predict": ("Asking {name}", predict),
    "truss.predictInput": ("Looking for an input of {name}", predict_input),
    "truss.showStatus": ("Status of {name}", show_status),
    "truss.logs": ("Logs of {name}", logs),
}
"""Name → (title of the progress bar, what it does)."""

DEBUG_INFO = "truss.debugInfo"
NAMES = (*COMMANDS, DEBUG_INFO)
