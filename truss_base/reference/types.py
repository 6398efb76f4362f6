"""The types of sections, as the source of a module: TypedDicts, which at run time are dicts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from truss_base.config.blocks import Block, block_of, blocks
from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.definitions.accelerator import AcceleratorKind
from truss_base.config.definitions.root_rules import EnvironmentVariables, PythonVersion
from truss_base.config.field import Field
from truss_base.config.kinds import Boolean, Choice, Integer, Number, Text
from truss_base.config.section import Section, Variants

_WIDTH = 100
_HEAD = '''\
"""The keys of a config and of its sections, for type checkers and editors.

Generated from the definitions by `make reference`: do not edit. At run time each section is a
plain dict, so `Resources(cpu="2")` is `{"cpu": "2"}`. A section of another config will do as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import Required

    from truss_base.config.definitions.accelerator import Accelerator
    from truss_base.config.record import Record
'''


def types_module() -> str:
    """The source of `truss_base/config/typed.py`, laid out as the formatter would."""
    # Innermost first, as people write them; the names are only looked up by type checkers.
    return _HEAD + "".join(_class(block) for block in reversed(blocks()))


def _name(block: Block) -> str:
    words = block.name.replace(".", "_").split("_")
    return "".join(word.capitalize() for word in words) if block.name else "ConfigKeys"


def _class(block: Block) -> str:
    lines = [f"\n\nclass {_name(block)}(TypedDict, total=False):"]
    lines.extend(_line(field) for field in block.section.fields)
    return "\n".join(lines) + "\n"


def _line(field: Field) -> str:
    written = python_type(field.kind)
    if field.required:
        written = f"Required[{written}]"
    return _laid_out(f"{field.name}: ", written, "    ")


def _laid_out(before: str, annotation: str, indent: str) -> str:
    line = f"{indent}{before}{annotation}"
    if len(line) <= _WIDTH:
        return line
    outer, _, inner = annotation.removesuffix("]").partition("[")
    deeper = f"{indent}    "
    if outer == "Literal":
        inside = "\n".join(f"{deeper}{entry}," for entry in inner.split(", "))
    else:
        inside = _laid_out("", inner, deeper)
    return f"{indent}{before}{outer}[\n{inside}\n{indent}]"


@singledispatch
def python_type(kind: object) -> str:
    """The annotation of what a kind accepts, conversions left aside."""
    inner = getattr(kind, "kind", None)
    return "Any" if inner is None else python_type(inner)


@python_type.register
def _maybe(kind: Maybe) -> str:
    inner = python_type(kind.kind)
    if inner.startswith("Literal["):
        return f"{inner[:-1]}, None]"
    return f"{inner} | None"


@python_type.register
def _list(kind: ListOf) -> str:
    return f"list[{python_type(kind.entry)}]"


@python_type.register
def _map(kind: MapOf) -> str:
    return f"Mapping[str, {python_type(kind.value)}]"


@python_type.register
def _section(kind: Section) -> str:
    block = block_of(kind)
    return "Mapping[str, Any]" if block is None else f"{_name(block)} | Record"


@python_type.register
def _variants(kind: Variants) -> str:
    found = (block_of(section) for section in kind.sections.values())
    return " | ".join([*(_name(block) for block in found if block is not None), "Record"])


@python_type.register
def _text(kind: Text) -> str:
    return "str"


@python_type.register
def _integer(kind: Integer) -> str:
    return "int"


@python_type.register
def _number(kind: Number) -> str:
    return "float"


@python_type.register
def _boolean(kind: Boolean) -> str:
    return "bool"


@python_type.register(Choice)
@python_type.register(PythonVersion)
def _choice(kind: Choice | PythonVersion) -> str:
    return _literal(kind.choices)


@python_type.register
def _variables(kind: EnvironmentVariables) -> str:
    return "Mapping[str, str | int | float | bool]"


@python_type.register
def _accelerator(kind: AcceleratorKind) -> str:
    return "str | Accelerator | Mapping[str, Any] | None"


def _literal(choices: Iterable[str]) -> str:
    return "Literal[{}]".format(", ".join(f'"{choice}"' for choice in choices))
