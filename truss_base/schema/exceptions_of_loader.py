"""Where the loader looks at a key before its field does, and takes or refuses more than it."""

from __future__ import annotations

from typing import Any

from truss_base.schema.values import or_null

_NULL_IS_EMPTY = {("hf_cache",), ("cache_internal",), ("runtime", "transport")}
_INSTEAD: dict[tuple[str, ...], dict[str, Any]] = {
    # Dropped unread: it follows from the accelerator.
    ("resources", "use_gpu"): {},
    ("runtime", "num_workers"): {"const": 1},
}
# A flag of the push, which the config must not set.
_NEVER_TRUE = {("build", "no_cache")}


def accepted_besides(path: tuple[str, ...], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of the value at a path, as the loader would have it."""
    if path in _INSTEAD:
        return _INSTEAD[path]
    if path in _NULL_IS_EMPTY:
        return or_null(schema)
    if path in _NEVER_TRUE:
        return {**schema, "not": {"const": True}}
    return schema
