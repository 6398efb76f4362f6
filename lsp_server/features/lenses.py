"""Code lenses: what runs of a Truss, above its name, and how it does, above its class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.items import Lens
from lsp_server.text import one_line
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.items import Json, Range
    from lsp_server.snapshot import Snapshot
    from lsp_server.state import State

NAME_KEY = "model_name"
_SIGNS = {"ready": "●", "stopped": "○", "failed": "✗", "unreachable": "✗"}


def lenses(
    snapshot: Snapshot, class_range: Range | None, state: State, commands: str
) -> tuple[Lens, ...]:
    """Always at the same lines and never none, so that the text under them does not jump.

    ``commands`` is what the names of commands begin with: the server's, or the client's own.
    """
    if snapshot.truss is None:
        return ()
    # The server's own commands only answer: asked by a lens they have to show the answer, too.
    argument: Json = {"uri": uri_of(snapshot.truss), "show": True}
    if snapshot.is_config:
        at = _name_range(snapshot)
        return tuple(
            Lens(at, title, f"{commands}.{verb}", argument) for title, verb in _of_config(state)
        )
    if class_range is None:
        return ()
    return (Lens(class_range, _of_class(state), f"{commands}.showStatus", argument),)


def _name_range(snapshot: Snapshot) -> Range:
    """The model's name, or where it would stand."""
    entry = snapshot.document.entry((NAME_KEY,))
    return snapshot.range(entry.key.start, entry.key.end) if entry else snapshot.range(0, 0)


def _of_config(state: State) -> Iterator[tuple[str, str]]:
    sign = _SIGNS.get(state.state, "◐")
    yield f"{sign} {in_words(state)}", "showStatus"
    if not state.running and not state.busy:
        yield "Start", "startContainer"
        return
    if state.control:  # also where nothing is to be patched: the others stay where they are
        verb = "Rebuild" if state.needs_rebuild else "Patch"
        yield verb, f"{verb.lower()}Container"
    yield "Predict", "predict"
    yield "Show plan", "showPlan"


def in_words(state: State) -> str:
    """What runs, where, and whether it is what lies on disk."""
    if not state.running and not state.busy:
        return "not running"
    where = f" ({state.runtime})" if state.runtime else ""
    return f"{one_line(state.busy or state.state, 40)}{where}{_difference(state)}"


def _difference(state: State) -> str:
    if state.in_sync is None or state.busy:
        return ""
    return ", up to date" if state.in_sync else ", runs an older version"


def _of_class(state: State) -> str:
    facts = []
    if state.load_seconds is not None:
        facts.append(f"loaded in {_seconds(state.load_seconds)}")
    if state.predict_ms is not None:
        facts.append(f"last prediction {_seconds(state.predict_ms / 1000)}")
    if state.memory_mb is not None:
        facts.append(f"{state.memory_mb:.0f} MB")
    return " · ".join(facts) if facts and state.running else "not running"


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def class_range(snapshot: Snapshot, name: str) -> Range | None:
    """Where a Python file defines a class."""
    from truss_base.validation.outline import outline_of

    defined = outline_of(snapshot.text).classes.get(name)
    return snapshot.range(defined[0].start, defined[0].end) if defined is not None else None
