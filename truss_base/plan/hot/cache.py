"""Facts of modules by content, so that a change of one file costs the analysis of one file."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from truss_base.layout import Layout
from truss_base.plan.hot.graph import Edges
from truss_base.plan.hot.program import Program, read_program
from truss_base.plan.hot.reading.modules import module_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_base.config import TrussConfig
    from truss_base.plan.hot.facts import ModuleFacts

_LIMIT = 16 << 20
# The running version, the one before it, and what is being typed: a day of edits must not add up.
_VERSIONS = 3


class AnalysisCache:
    """Remembers the modules analysed last, up to `limit` bytes of source."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._size = 0
        self._facts: OrderedDict[bytes, ModuleFacts] = OrderedDict()
        self._latest: dict[str, ModuleFacts] = {}
        self._versions: dict[str, list[bytes]] = {}
        self.edges = Edges()

    def facts(self, path: str, content: bytes) -> ModuleFacts:
        """The facts of a module. Raises SyntaxError, its filename the path."""
        found = self._facts.get(content)
        if found is None:
            try:
                found = module_facts(content, self._latest.get(path))
            except SyntaxError as error:
                error.filename = path
                raise
            self._size += len(content)
        self._facts[content] = found
        self._facts.move_to_end(content)
        self._latest[path] = found
        self._limit_versions(path, content)
        self._shrink()
        return found

    def __len__(self) -> int:
        return len(self._facts)

    def warm(self, files: Mapping[str, bytes], config: TrussConfig) -> None:
        """Analyses the program in `files` ahead; what does not parse is met again by the plan."""
        try:
            self.edges.graph(self.program(Layout.of(config), files))
        except (SyntaxError, RecursionError):
            return

    def program(self, layout: Layout, files: Mapping[str, bytes]) -> Program:
        """The program in `files`. Raises SyntaxError."""
        return read_program(layout, files, self.facts)

    def _limit_versions(self, path: str, content: bytes) -> None:
        versions = self._versions.setdefault(path, [])
        if content in versions:
            versions.remove(content)
        versions.append(content)
        if len(versions) > _VERSIONS:
            oldest = versions.pop(0)
            # Files may share a content, such as an empty `__init__.py`.
            is_used = any(oldest in others for others in self._versions.values())
            if not is_used and self._facts.pop(oldest, None) is not None:
                self._size -= len(oldest)

    def _shrink(self) -> None:
        while self._size > self._limit and len(self._facts) > 1:
            content, facts = self._facts.popitem(last=False)
            self._size -= len(content)
            for path in [path for path, latest in self._latest.items() if latest is facts]:
                del self._latest[path]
                self._versions.pop(path, None)
