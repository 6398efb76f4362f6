"""The definitions of a Truss: config, hash, signature, patch, plan.

The public names are loaded when they are first used, so that importing the package costs next to
nothing: a command that only prints a hash never pays for the config's field tables.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from truss_base.config import TrussConfig
    from truss_base.exceptions import ConfigError, TrussBaseError
    from truss_base.hash import tree_hash, truss_hash
    from truss_base.ignore import IgnoreRules
    from truss_base.patch import Patch, patch_from_wire
    from truss_base.plan import Plan
    from truss_base.signature import Signature
    from truss_base.strategy import Strategy
    from truss_base.tree import scan
    from truss_base.validation.validate import validate

# `diff`, `plan` and `signature` are not here: each is a module as well as the function in it, and
# the name would mean now one, now the other. Write `from truss_base.diff import diff`.
_HOMES = {
    "ConfigError": "exceptions",
    "IgnoreRules": "ignore",
    "Patch": "patch",
    "Plan": "plan",
    "Signature": "signature",
    "Strategy": "strategy",
    "TrussBaseError": "exceptions",
    "TrussConfig": "config",
    "patch_from_wire": "patch",
    "scan": "tree",
    "tree_hash": "hash",
    "truss_hash": "hash",
    "validate": "validation",
}

__all__ = [
    "ConfigError",
    "IgnoreRules",
    "Patch",
    "Plan",
    "Signature",
    "Strategy",
    "TrussBaseError",
    "TrussConfig",
    "patch_from_wire",
    "scan",
    "tree_hash",
    "truss_hash",
    "validate",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
