"""Prepares a swap in a thread, commits it on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from ..contract import read_contract
from ..exceptions import ModelDefinitionError, ReleaseError, SwapRefused
from ..tracebacks import report
from .audit import audit
from .building import Builder, visible
from .definitions import codes, definitions
from .foresight import MAY_COMPUTE, Verdict, foreseen
from .generations import Generations
from .pause import Pause
from .places import roots_in_use
from .request import Compiled
from .sibling import sibling

if TYPE_CHECKING:
    from types import ModuleType

    from ..application import Application
    from ..loading import LoadedModel
    from ..release import Release
    from ..version import Version
    from .captures import Captures
    from .document import SwapDocument
    from .generation import Generation
    from .observer import SwapObserver
    from .request import SwapRequest

MANY_ROOTS = 32
NO_MODEL = "no model is loaded"


@dataclass(frozen=True)
class Prepared:
    """A swap that only has to be committed."""

    number: int
    generation: Generation
    builder: Builder
    model: LoadedModel
    document: SwapDocument

    def drop_cached(self) -> None:
        """Lets the new code compute anew what old code computed into the model's attributes."""
        for name in self.document.drop_cached:
            self.model.instance.__dict__.pop(name, None)


class Swapper:
    """At most one swap is prepared. Every method may be called from any thread, `prepare` from
    always the same."""

    def __init__(
        self,
        application: Application,
        observer: SwapObserver,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._application = application
        self._observer = observer
        self._loop = loop
        self._generations: Generations | None = None
        self._prepared: Prepared | None = None
        # Weak references, finalizers and `__del__` belong to the instance that `load` saw.
        self._original: Any = None
        self._ahead: Compiled | None = None
        self._dropped = 0
        self._pause = Pause(application, loop)
        self._newest = 0
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None

    def compile(self, release_dir: str, config_file: str, document: SwapDocument) -> None:
        """Compiles what a swap that may follow would execute; only the last such is kept."""

        def run() -> None:
            # What is wrong is told when it is swapped.
            with contextlib.suppress(ReleaseError, SyntaxError, OSError):
                self._ahead = Compiled.of(release_dir, config_file, document)

        threading.Thread(target=run, name="swap-compile", daemon=True).start()

    def prepare(self, request: SwapRequest) -> None:
        """Builds the new version beside the old one; ends in one call of the observer."""
        self._newest = request.number
        self._in_worker(lambda: self._prepare(request))

    def foresee(self, number: int, document: SwapDocument) -> None:
        """Finds out what would speak against a swap, and changes nothing; ends in one call of the
        observer. A swap that is asked for meanwhile ends it early."""
        self._in_worker(
            lambda: self._observer.swap_audited(number, self._foreseen(number, document))
        )

    def commit(self, number: int) -> None:
        """Makes the prepared swap the version that answers, between two requests."""
        self._loop.call_soon_threadsafe(self._commit, number)

    def drop(self, number: int) -> None:
        """Forgets the prepared swap."""
        self._dropped = number
        self._loop.call_soon_threadsafe(self._forget_dropped)

    def adopt(self, release_dir: str) -> None:
        """From now on the files are those of another version; nothing that runs is affected."""
        self._loop.call_soon_threadsafe(self._adopt, Path(release_dir).resolve())

    def _in_worker(self, work: Callable[[], None]) -> None:
        """One after the other, in a thread that is there when the next save comes."""
        if self._worker is None:
            self._worker = threading.Thread(target=self._run, name="swap", daemon=True)
            self._worker.start()
        self._work.put(work)

    def _run(self) -> None:
        while True:
            self._work.get()()

    def _prepare(self, request: SwapRequest) -> None:
        self._forget(self._taken())
        started = time.perf_counter()
        try:
            prepared = self._made(request)
        except SwapRefused as refusal:
            self._observer.swap_refused(request.number, refusal.reasons)
        except BaseException as exc:  # sys.exit in the user's code too
            roots = (Path(request.release_dir).resolve(), *self._application.roots)
            self._observer.swap_failed(request.number, report(exc, phase="import", roots=roots))
        else:
            self._prepared = prepared
            self._forget_dropped()  # nobody waited for it
            seconds = time.perf_counter() - started
            self._observer.swap_ready(request.number, prepared.model, seconds)

    def _made(self, request: SwapRequest) -> Prepared:
        version = self._application.version
        if version is None:
            raise SwapRefused(NO_MODEL)
        generations = self._known(version)
        document, compiled = request.document, self._compilation(request)
        release = compiled.release
        generation = generations.begin(request.number, release)
        serving = generations.serving
        try:
            old = version.model
            if not request.force:
                old = replace(old, captures=self._captures_left(document, version))
            builder = Builder(document, compiled.modules, serving, generation)
            model = _model(builder.build(), document, old, release)
            if document.drop_cached:
                self._quiesce(version)
        except BaseException:
            generations.give_up(generation)
            self._pause.end_soon()
            raise
        return Prepared(request.number, generation, builder, model, document)

    def _foreseen(self, number: int, document: SwapDocument) -> Verdict:
        version = self._application.version
        if version is None:
            return Verdict((NO_MODEL,), certain=True)

        def is_wanted() -> bool:
            return self._newest < number

        def look() -> None:
            serving = self._known(version).looked_at()
            models = [version.model.instance, self._original]
            audit(
                document,
                serving,
                version,
                models,
                self._loop,
                is_paused=False,
                is_wanted=is_wanted,
            )

        drops_cached = bool(document.drop_cached)
        return foreseen(look, version.in_flight, is_wanted, drops_cached=drops_cached)

    def _known(self, version: Version) -> Generations:
        if self._generations is None:
            self._generations = Generations(version.model.release)
            self._original = version.model.instance
        return self._generations

    def _captures_left(self, document: SwapDocument, version: Version) -> Captures:
        """What is still held once the swap is made. Where requests in flight seem to hold old
        code, it is looked for once more when they have ended, or while no other begins. Raises
        SwapRefused."""
        serving, models = self._known(version).serving, [version.model.instance, self._original]
        was_busy = version.in_flight.count > 0  # what it held may have ended meanwhile
        try:
            return audit(document, serving, version, models, self._loop, is_paused=False)
        except SwapRefused:
            if not (was_busy or version.in_flight.count):
                raise
        self._pause.wait_for_idle(version)
        return audit(document, serving, version, models, self._loop, is_paused=True)

    def _quiesce(self, version: Version) -> None:
        """Holds requests until the commit: one in flight could compute again, by the old code,
        what the new code is to compute. Raises SwapRefused if they do not end soon."""
        if not self._pause.wait_for_idle(version):
            raise SwapRefused(MAY_COMPUTE)

    def _compilation(self, request: SwapRequest) -> Compiled:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead.is_of(request.release_dir, request.document):
            return ahead
        return Compiled.of(request.release_dir, request.config_file, request.document)

    def _commit(self, number: int) -> None:
        prepared = self._taken(number)
        old, generations = self._application.version, self._generations
        if prepared is None or old is None or generations is None:
            return
        prepared.builder.carry()
        retired = generations.serving
        generations.serve(prepared.generation)
        prepared.drop_cached()
        self._application.swap(old.successor(prepared.model))
        self._pause.end()
        self._observer.swapped(number)

        def ended() -> None:
            generations.retire(retired)
            self._forget_roots(generations.serving)
            prepared.drop_cached()  # a request in flight may have computed one again
            self._observer.released(retired.number)

        old.in_flight.when_idle(ended)

    def _adopt(self, root: Path) -> None:
        version, roots = self._application.version, self._application.roots
        if version is not None:
            # No code has been made from one that was only adopted before.
            of_code = roots if roots[0] == version.model.release.root else roots[1:]
            self._application.roots = (root, *of_code)

    def _forget_dropped(self) -> None:
        self._forget(self._taken(self._dropped))

    def _taken(self, number: int | None = None) -> Prepared | None:
        """The prepared swap, if it is the one of that number; it is prepared no more."""
        prepared = self._prepared
        if prepared is None or number not in (None, prepared.number):
            return None
        self._prepared = None
        return prepared

    def _forget(self, prepared: Prepared | None) -> None:
        if prepared is not None and self._generations is not None:
            self._generations.give_up(prepared.generation)
            self._pause.end_soon()

    def _forget_roots(self, serving: Generation) -> None:
        """Functions that are taken over name the files of the version that made them; once there
        are many, those of versions of which nothing is left are forgotten."""
        roots = self._application.roots
        if len(roots) > MANY_ROOTS:
            every = [each for _, value in definitions(serving.modules) for each in codes(value)]
            files = {code.co_filename for code in every}
            self._application.roots = roots_in_use(roots, files)


def _model(
    module: ModuleType, document: SwapDocument, old: LoadedModel, release: Release
) -> LoadedModel:
    """The model that is loaded already, as an instance of the class that `module` defines."""
    new_class = getattr(module, document.entry_class, None)
    if new_class is None:
        name, path = document.entry_class, str(release.model_file)
        raise ModelDefinitionError(f"{document.entry_module} defines no class {name}.", path, 1)
    instance = sibling(old.instance, new_class)
    with visible(module):  # whoever looks for sources or names goes by the module's name
        contract = read_contract(instance)
    return replace(old, release=release, instance=instance, contract=contract)
