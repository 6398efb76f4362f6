"""What a method does to its object, as far as its name tells."""

from __future__ import annotations

import re

from truss_base.plan.hot.syntax import KEEPERS, MUTATORS

_KEEPING = frozenset(
    {
        *("add", "append", "attach", "cache", "configure", "disable", "enable", "enqueue"),
        *("enroll", "evict", "extend", "feed", "finetune", "fit", "fuse", "inc", "incr"),
        *("increment", "ingest", "init", "initialize", "inject", "insert", "install"),
        *("invalidate", "learn", "memoize", "memorize", "persist", "prepend", "preload", "prune"),
        *("purge", "push", "put", "rebuild", "record", "register", "reload", "remember", "reset"),
        *("restore", "retrain", "save", "schedule", "seed", "set", "store", "subscribe"),
        *("switch", "teach", "toggle", "track", "train", "tune", "unload", "unregister", "unset"),
        *("unsubscribe", "update", "upsert", "warm"),
    }
)
"""First words: `set_adapters` and `setLevel` set, `settle` does not."""

STATEFUL = KEEPERS | {
    *("asend", "athrow", "send", "throw"),  # of generators
    *("callback", "enter_async_context", "enter_context", "push_async_callback"),
    *("read", "readinto", "readline", "readlines", "recv", "recv_into", "seek", "truncate"),
    *("byteswap", "fill", "frombytes", "fromfile", "fromlist", "itemset"),
    *("create_aggregate", "create_collation", "create_function", "executemany"),
    *("executescript", "load_adapter", "load_ip_adapter", "load_lora_adapter"),
    *("load_lora_weights", "load_state_dict", "load_textual_inversion", "partial_fit"),
    *("manual_seed", "resize_token_embeddings", "writeheader", "writerow", "writerows", "writestr"),
    *("rotate", "shuffle", "subtract", "to"),
}
"""Whole names, by which such a method is known even where it is only taken as a value."""


ADDING = frozenset({"add", "append", "insert"})
"""Methods that add to their object; in some packages, functions that make a new one."""

_LOGGING = frozenset(
    {"critical", "debug", "error", "exception", "fatal", "info", "log", "notice", "trace"}
    | {"warn", "warning"}
)
_TELLING = _LOGGING | {"flush", "print", "sleep"}


def only_tells(name: str) -> bool:
    """Whether what is called for its effect alone only writes to a log, or waits."""
    return name in _TELLING


def writes_log(name: str) -> bool:
    """Whether what is called writes to a log, which may be kept."""
    return name in _LOGGING


def changes(name: str) -> bool:
    """Whether a method changes its object, by what it is given or by itself."""
    if name in STATEFUL or name in MUTATORS or name.endswith("_update"):
        return True
    in_place = name.endswith("_") and not name.startswith("_")  # as torch names what it does
    return in_place or _first_word(name) in _KEEPING


def _first_word(name: str) -> str:
    found = re.match(r"[a-z]+", name)
    return found[0] if found else ""
