"""The references that a swap lets go, before it is made."""

from __future__ import annotations

import builtins
import itertools
from types import ModuleType
from typing import TYPE_CHECKING, AbstractSet, Any, Iterator, Mapping, Sequence

from ..importer import SourceLoader
from .generation import OWN
from .survival import Survival, survival

if TYPE_CHECKING:
    from ..contract import Contract
    from .document import Choice, SwapDocument
    from .generation import Generation


def replacement(
    document: SwapDocument, serving: Generation, contract: Contract, models: Sequence[Any]
) -> Survival:
    """What becomes of what the names stand for that the swap makes anew, once it is made and the
    requests on the old version have ended. `models` are the model's instances, which share their
    state."""
    modules = serving.modules
    classes = list(_model_classes(document, modules, models))
    state = models[0].__dict__
    staying = lasting(modules, models).union(map(id, classes))
    cached = (state[name] for name in document.drop_cached if name in state)
    values = itertools.chain(_replaced(document, modules, classes, contract), cached)
    return survival(values, modules, staying)


def lasting(modules: Mapping[str, ModuleType], models: Sequence[Any]) -> set[int]:
    """The ids of what stays in any case: the model with its state, and the namespaces."""
    known = {id(each) for each in (*models, models[0].__dict__, builtins.__dict__)}
    return known.union(_namespaces(modules))


def _replaced(
    document: SwapDocument,
    modules: Mapping[str, ModuleType],
    classes: Sequence[type],
    contract: Contract,
) -> Iterator[Any]:
    """One value per reference."""
    for swap in document.modules.values():
        if swap.name in modules:
            kept = {*swap.choice.carry, *swap.carry_from, *OWN}
            yield from _of_module(swap.name, modules[swap.name].__dict__, kept)
    for name in document.removed_modules & modules.keys():
        yield from _of_module(name, modules[name].__dict__, OWN)
    for each in classes:
        yield from _of_class(document.modules[each.__module__].classes.get(each.__name__), each)
    for method in contract.methods.values():
        yield from (method.function, method.input_model, method.returns)
    yield from (contract.is_healthy, contract.websocket)


def _of_module(name: str, namespace: dict[str, Any], kept: AbstractSet[str]) -> Iterator[Any]:
    """Its names that are made anew or gone, also as older versions have them."""
    names = namespace.keys() - kept
    older = [loader.namespace for loader in list(SourceLoader.living) if loader.name == name]
    for each in [namespace, *(each for each in older if each is not namespace)]:
        yield from (each[name] for name in names if name in each)


def _of_class(choice: Choice | None, model_class: type) -> Iterator[Any]:
    """The members that a class of the model does not take over."""
    carried = choice.carry if choice is not None else ()
    yield from (value for name, value in model_class.__dict__.items() if name not in carried)


def _model_classes(
    document: SwapDocument, modules: Mapping[str, ModuleType], models: Sequence[Any]
) -> Iterator[type]:
    """The classes of the model that are made anew: its instances stay, with the new classes."""
    for each in {each for model in models for each in type(model).__mro__}:
        swap = document.modules.get(each.__module__)
        if swap is None or swap.name not in modules or each.__name__ in swap.choice.carry:
            continue
        if modules[swap.name].__dict__.get(each.__name__) is each:
            yield each


def _namespaces(modules: Mapping[str, ModuleType]) -> Iterator[int]:
    yield from (id(module.__dict__) for module in modules.values())
    yield from (id(loader.namespace) for loader in list(SourceLoader.living))
