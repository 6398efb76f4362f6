"""The rules: each names one way in which a swapped model could answer other than a fresh one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan.hot.rules import classes, documents, importing, loading, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truss_base.plan.hot.case import Case, Refusal

RULES: tuple[Callable[[Case], Iterator[Refusal]], ...] = (
    loading.nothing_to_swap,
    loading.load_needs_it,
    importing.effects,
    importing.decorators,
    importing.calls,
    importing.reads,
    importing.writes,
    importing.order,
    importing.first_imports,
    importing.shadowing,
    importing.namespaces,
    importing.rearranged,
    importing.two_names,
    classes.making,
    classes.model_class,
    classes.decorated_model,
    documents.docstrings,
    running.everywhere,
    running.source_seen,
    running.set_from_outside,
    running.background,
    running.unpickled,
)
