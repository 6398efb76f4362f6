"""Where in our code a field is defined, so that a difference names the line to change."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from truss_base.config.definitions.root import ROOT
from truss_base.config.field import Field
from truss_base.config.fields import section_within
from truss_base.config.section import Section, Variants

REPOSITORY = Path(__file__).resolve().parent.parent
DEFINITIONS = REPOSITORY / "truss_base" / "config" / "definitions"
_STEP = re.compile(r"[A-Za-z_][\w-]*|<[^>]*>")
_FALLBACK = "truss_base/config/definitions/root.py:1"
_PYTHON_VERSIONS = "PYTHON_VERSIONS"
# A fault without a path comes from a rule over several keys, or from reading the YAML.
_WITHOUT_PATH = {
    "the config": "truss_base/config/definitions/root_rules.py:1",
    "the text": "truss_base/document/document.py:1",
}


def line_of(path: str) -> str:
    """`file:line` of the field at a path, or of the nearest one above it; never fails.

    Steps that are not ours (the names of union branches in their messages) are stepped over.
    """
    if path == _PYTHON_VERSIONS:
        return _assignment(path)
    if path in _WITHOUT_PATH:
        return _WITHOUT_PATH[path]
    section: Section | Variants | None = ROOT
    place = _FALLBACK
    for step in _STEP.findall(path):
        if isinstance(section, Variants):
            section = _variant(section, step)
        field = section.field(step) if section is not None else None
        if field is None:
            continue
        place = _place_of(field) or place
        section = section_within(field.kind)
    return place


def _variant(variants: Variants, step: str) -> Section:
    """The section a step names; a plain step means the first that has such a key."""
    named = variants.sections.get(step.strip("<>"))
    holders = (section for section in variants.sections.values() if section.field(step))
    return named or next(holders, next(iter(variants.sections.values())))


def _place_of(field: Field) -> str | None:
    """By its name and doc; where those are not both written out, by whichever is."""
    fields, texts = _written()
    return fields.get((field.name, field.doc)) or texts.get(field.doc) or texts.get(field.name)


@cache
def _written() -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """The lines of all fields written out in the definitions, and of all texts."""
    fields: dict[tuple[str, str], str] = {}
    texts: dict[str, str] = {}
    for file in sorted(DEFINITIONS.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.setdefault(node.value, _shown(file, node.lineno))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == Field.__name__:
                fields.update(dict.fromkeys(_key(node), _shown(file, node.lineno)))
    return fields, texts


def _key(call: ast.Call) -> Iterator[tuple[str, str]]:
    texts = [part.value for part in call.args if isinstance(part, ast.Constant)]
    match [text for text in texts if isinstance(text, str)]:
        case [name, doc, *_]:
            yield name, doc


@cache
def _assignment(name: str) -> str:
    for file in sorted(DEFINITIONS.glob("*.py")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if line.startswith(f"{name} ="):
                return _shown(file, number)
    return _FALLBACK


def _shown(file: Path, number: int) -> str:
    return f"{file.relative_to(REPOSITORY).as_posix()}:{number}"
