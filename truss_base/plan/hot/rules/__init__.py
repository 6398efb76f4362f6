"""The rules: each names one way in which a swapped model could answer other than a fresh one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan.hot.rules.loading import load_needs_it, nothing_to_swap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truss_base.plan.hot.case import Case, Refusal

RULES: tuple[Callable[[Case], Iterator[Refusal]], ...] = (nothing_to_swap, load_needs_it)
