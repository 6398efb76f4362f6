"""What changes of Python files lead to: nothing, a hot swap, or a reload, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from truss_base.layout import Layout
from truss_base.plan.hot.analysis import Analysis, analyse, forced
from truss_base.plan.hot.program import Program, edited_program
from truss_base.plan.hot.wording import listed, verbs
from truss_base.plan.result import Change
from truss_base.strategy import Strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config import TrussConfig
    from truss_base.plan.hot.cache import AnalysisCache
    from truss_base.plan.hot.case import Refusal
    from truss_base.plan.hot.swap import Swap

# By these, code that nothing imports runs after all.
_RUNNERS = re.compile(
    rb"\b(subprocess|multiprocessing|runpy|popen|system|exec\w*|spawn\w*|import_module|__import__"
    rb"|spec_from_file_location|iter_modules|walk_packages|listdir|scandir|iterdir|r?glob)\b"
)


class NewFiles(Mapping[str, bytes]):
    """A tree with changes on top, of which None removes a file."""

    def __init__(self, old: Mapping[str, bytes], changes: Mapping[str, bytes | None]) -> None:
        self._old = old
        self._changes = changes

    def __getitem__(self, path: str) -> bytes:
        content = self._changes[path] if path in self._changes else self._old[path]
        if content is None:
            raise KeyError(path)
        return content

    def __contains__(self, path: object) -> bool:
        if path in self._changes:
            return self._changes[str(path)] is not None
        return path in self._old

    def __iter__(self) -> Iterator[str]:
        yield from (path for path in {**self._old, **self._changes} if path in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def code_changes(
    old: Mapping[str, bytes],
    changes: Mapping[str, bytes | None],
    config: TrussConfig,
    cache: AnalysisCache,
    *,
    force: bool = False,
) -> tuple[list[Change], Swap | None]:
    """One change per path, and the swap that brings all of them, if one can.

    With `force` there is always one, whatever speaks against it: for finding out whether it would
    have been safe. Pure but for what is added to the cache.
    """
    layout = Layout.of(config)
    try:
        before = cache.program(layout, old)
        after = edited_program(before, old, changes, cache.facts)
        after = after or cache.program(layout, NewFiles(old, changes))
        if not (before.has_entry and after.has_entry):
            reason = f"{layout.entry_path} is not there in both versions"
            return [_reload(path, changes, old, reason) for path in changes], None
        analysis = analyse(before, after, cache.edges)
    except (SyntaxError, RecursionError) as error:
        reason = f"{getattr(error, 'filename', None) or 'the code'} cannot be analysed"
        return [_reload(path, changes, old, reason) for path in changes], None
    verdict = _Verdict(before, after, analysis, frozenset(changes))
    found = [verdict.change(path) or _unused(path, old, changes, after) for path in changes]
    if force:
        hot = [replace(change, strategy=Strategy.HOT_SWAP) for change in found]
        return hot, forced(before, after)
    return found, analysis.swap


@dataclass(frozen=True)
class _Verdict:
    """What the analysis says of each file."""

    before: Program
    after: Program
    analysis: Analysis
    paths: frozenset[str]

    def change(self, path: str) -> Change | None:
        """The change of the file at `path`; None if it is no part of the program."""
        programs = (self.before, self.after)
        names = {m.name for item in programs for m in item.modules.values() if m.path == path}
        if not names:
            return None
        keys = {key for key in self.analysis.case.changed if key[0] in names}
        if not keys:
            reason = f"{path}: only the order of its definitions changed: sync"
            return Change(path, Strategy.SYNC, reason)
        words = listed(verbs(self.before, self.after, keys))
        for refusal in self.analysis.refusals:
            if self._concerned(refusal) in (path, None):
                reason = f"{path}: {words}, and {refusal.because}: reload"
                return Change(path, Strategy.RELOAD, reason)
        reason = f"{path}: {words}; nothing that `load` needs: hot swap"
        return Change(path, Strategy.HOT_SWAP, reason)

    def _concerned(self, refusal: Refusal) -> str | None:
        """The changed file that a refusal is about; None if it is about all of them."""
        module = self.analysis.origin(refusal.key)[0]
        for program in (self.after, self.before):
            found = program.modules.get(module)
            if found is not None and found.path in self.paths:
                return found.path
        return None


def _unused(
    path: str, old: Mapping[str, bytes], changes: Mapping[str, bytes | None], after: Program
) -> Change:
    """A file that no import leads to: it may still be run, or imported by a name made up."""
    stem = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2].encode()
    word = re.compile(rb"\b" + re.escape(stem) + rb"\b")
    for module in after.modules.values():
        source = module.facts.source.encode()
        if word.search(source) or _RUNNERS.search(source):
            return _reload(path, changes, old, f"{module.path} may use it")
    verb = _verb(path, changes, old)
    return Change(path, Strategy.SYNC, f"{path} {verb}: nothing that runs imports it: sync")


def _reload(
    path: str, changes: Mapping[str, bytes | None], old: Mapping[str, bytes], because: str
) -> Change:
    reason = f"{path} {_verb(path, changes, old)}: {because}: reload"
    return Change(path, Strategy.RELOAD, reason)


def _verb(path: str, changes: Mapping[str, bytes | None], old: Mapping[str, bytes]) -> str:
    if changes[path] is None:
        return "removed"
    return "changed" if path in old else "added"
