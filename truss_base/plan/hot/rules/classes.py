"""Classes that do more than hold methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.plan.hot import known
from truss_base.plan.hot.building import rebuilt_classes
from truss_base.plan.hot.case import Refusal
from truss_base.plan.hot.facts import Kind
from truss_base.plan.hot.purity import foreign_name, unknown_metaclass
from truss_base.plan.hot.wording import called, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.plan.hot.case import Case

_INSTANCE_HOOKS = (
    "__slots__",
    "__del__",
    "__new__",
    "__getattribute__",
    "__setattr__",
    "__delattr__",
    "__init_subclass__",
)


def making(case: Case) -> Iterator[Refusal]:
    """Metaclasses and bases may remember each class that is made."""
    for key, definition in case.executed.items():
        if definition.kind is not Kind.CLASS or "." in definition.name:
            continue
        module = case.new.program.modules[key[0]]
        where = place(case.new.program, key)
        for scan in definition.scans:
            metaclass = unknown_metaclass(scan.keywords)
            if metaclass:
                yield Refusal(
                    key, f"the metaclass `{metaclass}` of {called(key)} is unknown{where}"
                )
            for base in scan.bases:
                if not case.purity.may_be_base(module, base):
                    text = f"`{'.'.join(base)}` may remember the classes derived from it"
                    yield Refusal(key, text + where)


def model_class(case: Case) -> Iterator[Refusal]:
    """The one instance has to fit into the new class as it is."""
    classes = rebuilt_classes(case.new, case.affected.through.keys())
    for graph in case.graphs:
        for owner in classes:
            module = graph.program.modules.get(owner[0])
            if module is None:
                continue
            for hook in _INSTANCE_HOOKS:
                key = (owner[0], f"{owner[1]}.{hook}")
                if key[1] in module.facts.definitions:
                    where = place(graph.program, key)
                    yield Refusal(_some(case, owner[0]), f"{called(owner)} has `{hook}`{where}")
        for owner, base in graph.family.foreign:
            name = foreign_name(graph.program, graph.program.modules[owner[0]], base)
            if owner in classes and name not in known.MODEL_BASES:
                text = f"what {called(owner)} inherits from `{'.'.join(base)}` is unknown"
                yield Refusal(_some(case, owner[0]), text + place(graph.program, owner))


def _some(case: Case, module: str) -> tuple[str, str]:
    """The change to blame for rebuilding a class."""
    keys = sorted(case.affected.through)
    return next((key for key in keys if key[0] == module), min(case.changed))


def decorated_model(case: Case) -> Iterator[Refusal]:
    """A decorator may make `__init__` from the fields of the model's class."""
    for graph in case.graphs:
        for owner in graph.family.classes:
            definition = graph.program.definition(owner)
            if definition is None or not definition.scans[0].decorators:
                continue
            for key in case.affected.through:
                member = graph.program.definition(key)
                if graph.family.owns(key) and member and member.kind is Kind.VARIABLE:
                    where = place(graph.program, owner)
                    yield Refusal(key, f"the decorator of {called(owner)} may use it{where}")
