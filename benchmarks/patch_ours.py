"""Edits of one running Truss of ours, each timed from the save to the first new answer."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from benchmarks.closed_loop import Clients, Reply, longest_gap
from benchmarks.patch_cases import ROUNDS, TRIVIAL, Case
from benchmarks.report import Row
from truss_handle import operations

GAPS = 8
CLIENT_SECONDS = 1.5


async def measured(case: Case, truss: Path) -> list[Row]:
    (truss / "model").mkdir(parents=True)
    (truss / "config.yaml").write_text(case.config())
    (truss / "model" / "model.py").write_text(case.source())
    running = await operations.start(truss, operations.StartOptions(any_python=True))
    bench = Edits(case, truss, int(running.url.rpartition(":")[2]))
    try:
        return [row async for row in bench.rows()]
    finally:
        await operations.stop(truss)
        shutil.rmtree(truss)


class Edits:
    """One running Truss of ours and the edits that are timed."""

    def __init__(self, case: Case, truss: Path, port: int) -> None:
        self._case = case
        self._truss = truss
        self._model = truss / "model" / "model.py"
        self._port = port
        self._count = 0

    async def rows(self) -> AsyncIterator[Row]:
        name = self._case.name
        # The spare imports beside the first edits, for as long as the model did: on two cores the
        # one is measured with the other.
        await self._spare_ready()
        hot = [await self._edit_predict() for _ in range(ROUNDS)]
        yield Row(f"{name}, predict edited: ours (hot)", tuple(hot), target=15)
        ahead = [await self._edit_predict(prepared=True) for _ in range(ROUNDS)]
        yield Row(f"{name}, predict edited: ours, prepared ahead", tuple(ahead), target=5)
        own = self._case.seconds * 1000
        loads = [await self._edit_load() - own for _ in range(self._case.rounds)]
        target = 90 if self._case.heavy else 70
        what = "beyond its own time: " if own else ""
        yield Row(f"{name}, load edited: {what}ours (reload)", tuple(loads), target=target)
        if self._case is TRIVIAL:
            for row in await self._more():
                yield row

    async def _more(self) -> list[Row]:
        variables = [await self._edit_variable() for _ in range(ROUNDS)]
        requirements = [await self._edit_requirement() for _ in range(ROUNDS)]
        hot, reload = [await self._gaps(edit) for edit in (self._hot_edit, self._reload_edit)]
        return [
            Row("an environment variable: ours", tuple(variables), target=300),
            Row("one small requirement: ours", tuple(requirements), target=450),
            Row("8 clients, longest gap during a hot patch: ours", hot, target=25),
            Row("8 clients, longest gap during a reload: ours", reload, target=25),
        ]

    async def _edit_predict(self, *, prepared: bool = False) -> float:
        text = self._next(answer=True)
        if prepared:
            await operations.prepare(self._truss, {"model/model.py": text.encode()})
        return await self._saved(text, "S1", 0)

    async def _edit_load(self) -> float:
        await self._spare_ready()
        return await self._saved(self._next(answer=False), "S2", 1)

    async def _saved(self, text: str, strategy: str, place: int) -> float:
        began = time.perf_counter()
        self._model.write_text(text)
        result = await operations.patch(self._truss, changed=[self._model])
        reply = await operations.predict(self._truss, {})
        took = (time.perf_counter() - began) * 1000
        _expect(result.strategy, strategy)
        _expect(reply.body[place], self._count)
        return took

    async def _edit_variable(self) -> float:
        self._count += 1
        return await self._configured(self._case.config(self._count), str(self._count))

    async def _edit_requirement(self) -> float:
        """`six` from one version to another; both are in the package manager's cache soon."""
        self._count += 1
        version = ("1.16.0", "1.17.0")[self._count % 2]
        return await self._configured(self._case.config(0, f"six=={version}"), "0")

    async def _configured(self, text: str, round_: str) -> float:
        began = time.perf_counter()
        (self._truss / "config.yaml").write_text(text)
        await operations.patch(self._truss)
        reply = await operations.predict(self._truss, {})
        took = (time.perf_counter() - began) * 1000
        _expect(reply.body[2], round_)
        return took

    async def _gaps(self, edit: Callable[[], str]) -> tuple[float, ...]:
        """The longest gap of each of several patches under load; nothing failed, nothing stale."""
        found = []
        for _ in range(GAPS):
            await self._spare_ready()
            clients = await asyncio.to_thread(Clients, self._port, CLIENT_SECONDS)
            await asyncio.sleep(CLIENT_SECONDS / 3)
            text, before = edit(), self._count
            self._model.write_text(text)
            await operations.patch(self._truss, changed=[self._model])
            done = time.monotonic()
            replies = await asyncio.to_thread(clients.replies)
            _check(replies, done, before)
            found.append(longest_gap(replies))
        return tuple(found)

    def _hot_edit(self) -> str:
        return self._next(answer=True)

    def _reload_edit(self) -> str:
        return self._next(answer=True, loaded=True)

    def _next(self, *, answer: bool, loaded: bool = False) -> str:
        """A new version of the model: one that answers, or loads, the next number."""
        self._count += 1
        count = self._count
        self._answer = count if answer else getattr(self, "_answer", 0)
        self._loaded = count if loaded or not answer else getattr(self, "_loaded", 0)
        return self._case.source(answer=self._answer, loaded=self._loaded)

    async def _spare_ready(self) -> None:
        """A person needs longer for the next edit than the spare for its start."""
        while not (await operations.status(self._truss)).raw["spare_ready"]:
            await asyncio.sleep(0.05)


def _check(replies: list[Reply], done: float, answer: int) -> None:
    for reply in replies:
        _expect(reply.status, 200)
        if reply.asked > done and not reply.text.startswith(f"[{answer},"):
            raise RuntimeError(f"answered {reply.text} after {answer} was done")


def _expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"{found!r} instead of {wanted!r}")
