"""Remedies as edits: minimal, and in the style of the text around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from truss_base.config.faults import Fault, Remedy, dotted
from truss_base.config.fields import lookup
from truss_base.document import Document, Mapping, Scalar, Sequence, resolve
from truss_base.document.scalars import value_of
from truss_base.validation.findings import Edit, Fix
from truss_base.validation.removing import removal
from truss_base.validation.rewriting import written
from truss_base.validation.to_list import to_list
from truss_base.validation.to_mapping import to_mapping
from truss_base.validation.to_weights import to_weights

Fixer = Callable[[Document, Fault], Iterator[Fix]]


def fixes_for(document: Document, fault: Fault) -> tuple[Fix, ...]:
    """What an editor can offer for a fault, the best first."""
    fixer = _FIXERS.get(fault.remedy) or renewal(fault)
    return tuple(fixer(document, fault)) if fixer is not None else ()


def _rename(document: Document, fault: Fault) -> Iterator[Fix]:
    entry = document.entry(fault.path)
    if entry is None:
        return
    only = len(fault.suggestions) == 1
    for name in fault.suggestions:
        edit = Edit(entry.key.start, entry.key.end, name)
        yield Fix(f"Rename to `{name}`", (edit,), preferred=only)


def _replace(document: Document, fault: Fault) -> Iterator[Fix]:
    node = document.node(fault.path)
    if not isinstance(node, Scalar) or node.start >= node.end:
        return
    only = len(fault.suggestions) == 1
    for text in fault.suggestions:
        new = written(text, node.style)
        yield Fix(f"Change to {new}", (Edit(node.start, node.end, new),), preferred=only)


def _quote(document: Document, fault: Fault) -> Iterator[Fix]:
    node = document.node(fault.path)
    if not isinstance(node, Scalar) or not node.is_plain or node.start >= node.end:
        return
    new = written(document.text[node.start : node.end], "'")
    yield Fix(f"Put quotes around it: {new}", (Edit(node.start, node.end, new),), preferred=True)


def _remove(document: Document, fault: Fault) -> Iterator[Fix]:
    if (edit := removal(document, fault.path)) is not None:
        yield Fix(f"Remove `{fault.path[-1]}`", (edit,), preferred=True)


def _insert(document: Document, fault: Fault) -> Iterator[Fix]:
    """A line for the missing key below the last one of its section, indented like the first."""
    name = fault.suggestions[0]
    node = document.node(fault.path)
    section = resolve(node) if node is not None else None
    field = lookup((*fault.path, name), document.data)
    if not isinstance(section, Mapping) or section.flow or not section.entries or field is None:
        return
    example = field.example if field.example is not None else field.default
    if not isinstance(example, (str, int, float)):
        return
    lines = document.lines
    first = section.entries[0].key.start
    indent = " " * lines.column(first)
    end = lines.span(lines.line_at(max(section.end - 1, section.start)))[1]
    value = written(example, "") if isinstance(example, str) else str(example).lower()
    edit = Edit(end, end, f"{document.lines.newline}{indent}{name}: {value}")
    yield Fix(f"Add `{name}`", (edit,))


def _renew_websocket(document: Document, fault: Fault) -> Iterator[Fix]:
    """`is_websocket_endpoint: true` said what the transport says now; false says nothing."""
    entry = document.entry(fault.path)
    if entry is None or document.entry((*fault.path[:-1], "transport")) is not None:
        return
    if not isinstance(entry.value, Scalar) or not value_of(entry.value):
        yield from _remove(document, fault)
        return
    edit = Edit(entry.key.start, entry.value.end, "transport: {kind: websocket}")
    yield Fix("Write `transport: {kind: websocket}`", (edit,), preferred=True)


def _rename_cache(document: Document, fault: Fault) -> Iterator[Fix]:
    yield from _rename(document, replace(fault, suggestions=("model_cache",)))
    yield from to_weights(document, fault)


def _free_port(document: Document, fault: Fault) -> Iterator[Fix]:
    """Another port, where the command that starts the server shows that it is told the port."""
    port, command = document.node(fault.path), document.node((*fault.path[:-1], "start_command"))
    if not isinstance(port, Scalar) or not isinstance(command, Scalar):
        return
    told = list(_RESERVED_PORT.finditer(document.text, command.start, command.end))
    if len(told) == 1 and _FREE_PORT not in document.text[command.start : command.end]:
        edits = ((port.start, port.end), told[0].span())
        title = f"Serve on port {_FREE_PORT}, here and in `start_command`"
        yield Fix(title, tuple(Edit(*span, _FREE_PORT) for span in edits))


def _default_python(document: Document, fault: Fault) -> Iterator[Fix]:
    for fix in _replace(document, replace(fault, suggestions=("py313",))):
        # Another Python is more than another way to write the same.
        yield replace(fix, preferred=False)


def _one_count(document: Document, fault: Fault) -> Iterator[Fix]:
    node = document.node(fault.path)
    if isinstance(node, Scalar):
        name, count, *_ = node.text.strip().split(":")
        meant = (f"{name}:{count}",) if count.isdecimal() and int(count[:9]) > 0 else ()
        yield from _replace(document, replace(fault, suggestions=(*meant, name)))


def _quote_text(document: Document, fault: Fault) -> Iterator[Fix]:
    node = document.node(fault.path)
    raw = document.text[node.start : node.end] if node is not None else ""
    if isinstance(node, (Sequence, Mapping)) and node.flow and "\n" not in raw:
        new = written(raw, "'")
        yield Fix(f"Put quotes around it: {new}", (Edit(node.start, node.end, new),))


def renewal(fault: Fault) -> Fixer | None:
    """The fix of a key or value that is accepted but should be written otherwise."""
    if fault.path[:1] == ("environment_variables",):
        return {"reserved": _remove, "coerced": _quote_text}.get(fault.code)
    return _RENEWALS.get((fault.code, dotted(fault.path)))


_RESERVED_PORT = re.compile(r"(?<![\w.])8080(?![\w.])")
_FREE_PORT = "8000"
_RENEWALS: dict[tuple[str, str], Fixer] = {
    ("deprecated", "hf_cache"): _rename_cache,
    ("deprecated", "input_type"): _remove,
    ("deprecated", "model_cache"): to_weights,
    ("deprecated", "model_framework"): _remove,
    ("deprecated", "model_type"): _remove,
    ("deprecated", "python_version"): _default_python,
    ("deprecated", "runtime.is_websocket_endpoint"): _renew_websocket,
    ("deprecated", "runtime.num_workers"): _remove,
    ("deprecated", "use_local_src"): _remove,
    ("ignored", "resources.accelerator"): _one_count,
    ("reserved", "docker_server.server_port"): _free_port,
    ("value", "runtime.num_workers"): _remove,
}
_FIXERS: dict[Remedy, Fixer] = {
    Remedy.RENAME: _rename,
    Remedy.REPLACE: _replace,
    Remedy.QUOTE: _quote,
    Remedy.REMOVE: _remove,
    Remedy.INSERT: _insert,
    Remedy.LIST: to_list,
    Remedy.MAPPING: to_mapping,
}
