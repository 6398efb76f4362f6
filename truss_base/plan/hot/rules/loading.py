"""What ran before the first request cannot be made undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan.hot.case import Refusal
from truss_base.plan.hot.graph import ANYTHING
from truss_base.plan.hot.wording import called, handed_out, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from truss_base.plan.hot.case import Case
    from truss_base.plan.hot.graph import Graph
    from truss_base.plan.hot.program import Key


def nothing_to_swap(case: Case) -> Iterator[Refusal]:
    """The model has to be one class statement, before and after."""
    for graph in (case.old, case.new):
        if not graph.family.classes and case.changed:
            layout = graph.program.layout
            text = f"`{layout.entry_class}` is no plain class of {layout.entry_module}"
            yield Refusal(min(case.changed), text)


def load_needs_it(case: Case) -> Iterator[Refusal]:
    """Whatever `__init__` or `load` reaches has shaped the state of the model."""
    for graph, reached in case.loading:
        for key, user in reached.items():
            if key == ANYTHING and case.changed and user is not None:
                where = place(graph.program, user)
                yield Refusal(min(case.changed), f"{called(user)} looks names up{where}")
            # What is affected through something else is needed through it, too.
            elif key in case.rebased or graph.program.definition(key) is None:
                continue
            elif case.affected.is_seed(key):
                yield Refusal(key, _needed(graph, key, reached, key in case.changed))


def _needed(graph: Graph, key: Key, reached: Mapping[Key, Key | None], changed: bool) -> str:
    user = reached[key]
    if user is None:
        return "it runs before the first request"
    handed = handed_out(graph, user, key)
    if handed:
        return handed
    chain = [key]
    while (user := reached[chain[-1]]) is not None:
        chain.append(user)
    root, first = chain[-1], chain[-2]
    needed = "it" if changed and called(first) == called(key) else called(first)
    return f"{called(root)} needs {needed}{place(graph.program, root, _line(graph, root, first))}"


def _line(graph: Graph, user: Key, key: Key) -> int:
    """The line within `user` that names `key`."""
    definition = graph.program.definition(user)
    name = key[1].removesuffix(".*").rpartition(".")[2] or key[0].rpartition(".")[2]
    uses = definition.uses if definition is not None else ()
    return min((use.line for use in uses if name in use.path), default=0)
