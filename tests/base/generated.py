"""Configs nobody thought of, drawn from the table of fields; our loader accepts every one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from truss_base.config import Field, TrussConfig
from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.definitions.root import ROOT
from truss_base.config.kinds import Anything, Boolean, Integer, Kind, Number, Text
from truss_base.config.section import Section, Variants, section_of
from truss_base.exceptions import ConfigError

ODD_TEXTS = (
    *("", " lead", "trail ", "tab\t", "a: b", "a #b", "# c", "- x", "é 😀", "'", '"', "\u2028"),
    *("\x85", "no", "null", "~", "12:30", "010", "0x1F", "1e3", "1.5e+3", "1_000", ".5", ".inf"),
    *("2020-01-01", "=", "<<", "?", "-", ":", "|", ">", "%x", "@x", "`x", "!x", "&a", "*a", "{}"),
    *("x\ny", "x\ny\n", "\n", "\nx", "x\n\n\ny", "  x\ny", "x \ny", "x\r\ny", "x\n\n", "\ufeff"),
    *("--- x", "[", "x\n---\ny", "x\n# y\n", "\tx\ny", "a" * 200, "{{ x }}", "\x00", "\x07"),
)  # fmt: skip
texts = st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=20))
numbers = st.floats(allow_nan=False) | st.integers()
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """The data of a config that is accepted; keys with a fault are left out."""
    data = draw(_mappings(ROOT, 0))
    # A flag of the push: true is refused, but 1 is not, which is true after that.
    data.get("build", {}).pop("no_cache", None)
    while True:
        try:
            TrussConfig.from_dict(data)
        except ConfigError as error:
            for key in {str(fault.path[0]) for fault in error.faults}:
                data.pop(key, None)
        else:
            return data


@st.composite
def _mappings(draw: st.DrawFn, section: Section | Variants, depth: int) -> dict[str, Any]:
    if isinstance(section, Variants):
        name = draw(st.sampled_from(sorted(section.sections)))
        return {section.tag: name, **draw(_mappings(section.sections[name], depth))}
    chosen = draw(st.lists(st.sampled_from(section.fields), max_size=6, unique_by=id))
    wanted = {field.name for field in chosen}
    return {
        field.name: draw(_values(field, field.kind, depth + 1))
        for field in section.fields
        if field.required or field.name in wanted
    }


def _values(field: Field, kind: Kind, depth: int) -> st.SearchStrategy[Any]:
    if isinstance(kind, Maybe):
        return st.none() | _values(field, kind.kind, depth)
    if isinstance(kind, ListOf):
        return st.lists(_values(field, kind.entry, depth), max_size=2)
    if isinstance(kind, MapOf):
        return st.dictionaries(texts, _values(field, kind.value, depth), max_size=3)
    held = section_of(kind)
    if held is not None:
        return st.just({}) if depth > 5 else st.deferred(lambda: _mappings(held, depth))
    drawn = _scalars(kind).filter(lambda value: _is_sound(kind, value))
    known = [value for value in (field.shown_example, field.default) if _is_sound(kind, value)]
    return st.sampled_from(known) | drawn if known else drawn


def _scalars(kind: Kind) -> st.SearchStrategy[Any]:
    if isinstance(kind, Anything):
        return anything
    if isinstance(kind, Text) and not kind.rule and not kind.pattern:
        return texts
    if isinstance(kind, Boolean):
        return st.sampled_from([True, False, 0, 1, "yes", "OFF", "t", "1"])
    if isinstance(kind, Integer):
        written = (
            st.just([]) if kind.strict else st.sampled_from(["7", " 1_000 ", "2.0", True, 3.0])
        )
        return st.integers(kind.least, kind.most) | written
    if isinstance(kind, Number):
        return st.sampled_from([0.25, 1, 0.5]) if kind.strict else st.floats(0, 1) | st.just("1e-1")
    if kind.choices:
        return st.sampled_from(kind.choices)
    return st.dictionaries(texts, st.none() | st.booleans() | numbers | texts, max_size=3)


def _is_sound(kind: Kind, value: object) -> bool:
    faults: list[object] = []
    kind.check(value, (), faults.append)
    return not faults
