"""The ``truss.*`` commands: each takes a session, a Truss and its argument, and answers JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsp_server import asking, changing
from lsp_server.call import Call, Run
from lsp_server.errors import BadArgument, NoTruss, Untrusted, failure
from lsp_server.uris import path_of

if TYPE_CHECKING:
    from lsp_server.client import Token
    from lsp_server.items import Json
    from lsp_server.session import Session


async def execute(session: Session, name: str, argument: Any, token: Token | None = None) -> Json:
    """Runs one command. Every failure becomes an answer; only a cancellation gets through."""
    if name == DEBUG_INFO:
        return {"ok": True, **await asking.debug_info(session)}
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
            call.session.reports.model_failed(call.truss, model_error)
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


COMMANDS: dict[str, tuple[str, Run]] = {
    "truss.startContainer": ("Starting {name}", changing.start),
    "truss.stopContainer": ("Stopping {name}", changing.stop),
    "truss.patchContainer": ("Patching {name}", changing.patch),
    "truss.rebuildContainer": ("Rebuilding {name}", changing.rebuild),
    "truss.showPlan": ("Planning a patch of {name}", asking.show_plan),
    "truss.predict": ("Asking {name}", asking.predict),
    "truss.predictInput": ("Looking for an input of {name}", asking.predict_input),
    "truss.showStatus": ("Status of {name}", asking.show_status),
    "truss.logs": ("Logs of {name}", asking.logs),
}
"""Name → (title of the progress bar, what it does)."""

DEBUG_INFO = "truss.debugInfo"
NAMES = (*COMMANDS, DEBUG_INFO)
