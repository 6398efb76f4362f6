"""The commands that only ask: plan, predict, status, logs, and the server's own state."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from lsp_server.errors import BadArgument
from lsp_server.features import debug as debug_text
from lsp_server.features import plan as plan_text
from lsp_server.features.lenses import in_words
from lsp_server.reports import status_of
from lsp_server.streaming import Pieces
from lsp_server.text import one_line
from lsp_server.uris import uri_of
from lsp_server.versions import versions

if TYPE_CHECKING:
    from lsp_server.call import Call
    from lsp_server.items import Json
    from lsp_server.session import Session

DEFAULT_TAIL = 200
MOST_SHOWN = 200
PREDICT_CHUNK, LOG = "truss/predictChunk", "truss/log"


async def show_plan(call: Call) -> Json:
    operations, name = await call.session.runtime.operations(), call.truss.name
    plan = {"title": "", "upper_bound": False, **await operations.plan(call.truss)}
    text, summary = plan_text.markdown(name, plan), plan_text.summary(name, plan)
    opened = await call.session.plans.answered(call.truss, text)
    return {**plan, "markdown": text, "opened": opened, "message": summary}


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
        call.session.reports.model_failed(call.truss, result.model_error)
    elif result.ok:
        call.session.reports.prediction_works(call.truss)
    call.session.runtime.predicted(call.truss, result.latency_ms)
    answer["message"] = (
        f"{result.status} in {result.latency_ms:.0f} ms, {result.size} bytes{_excerpt(answer)}"
    )
    return answer


def _excerpt(answer: Json) -> str:
    """The answer itself, where it fits into the one line that a client shows of it."""
    if answer["size"] > MOST_SHOWN:
        return ""
    return f": {one_line(json.dumps(answer['output'], ensure_ascii=False), MOST_SHOWN)}"


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
    answer = {**status, **status_of(call.truss, call.session.runtime.state(call.truss))}
    if call.argument.get("show") is True and not answer["message"]:
        answer["message"] = f"{call.truss.name}: {in_words(call.session.runtime.state(call.truss))}"
    return answer


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
        uri_of(folder): {
            "name": folder.name,
            **asdict(session.runtime.state(folder)),
            "prepared": prepared.get(folder),
        }
        for folder in session.known()
    }
    parts = (versions(), session.timings.summary(), documents, trusses)
    named = dict(zip(("versions", "timings", "documents", "trusses"), parts, strict=True))
    return {**named, "abilities": asdict(session.able), "markdown": debug_text.markdown(*parts)}
