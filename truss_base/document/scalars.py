"""What a plain scalar means in YAML 1.1, exactly as `yaml.safe_load` reads it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from truss_base.document.nodes import Scalar

_PREFIX = "tag:yaml.org,2002:"
TEXT = f"{_PREFIX}str"
MERGE = f"{_PREFIX}merge"
VALUE = f"{_PREFIX}value"
_SCALARS = {
    f"{_PREFIX}{name}": f"construct_yaml_{name}"
    for name in ("null", "bool", "int", "float", "binary", "timestamp", "str")
}

SHORT = 40
# Python writes no longer number down, so neither messages nor a dump could show it.
_MOST_BITS = 14_000
# What yaml's own conversions raise on text that only looks like a number or a date.
_MEANINGLESS = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError)


class MeaninglessScalarError(ValueError):
    """A scalar whose tag is unknown or does not fit its text."""


@lru_cache(maxsize=1)
def _tools() -> tuple[dict[str, Any], Any, Any]:
    # Imported when the first text is read: not everything that knows configs reads YAML.
    from yaml.constructor import SafeConstructor
    from yaml.nodes import ScalarNode
    from yaml.resolver import Resolver

    return Resolver.yaml_implicit_resolvers, SafeConstructor(), ScalarNode


def tag_of(node: Scalar) -> str:
    """The tag that is written, or the one its form implies."""
    if node.tag is not None and node.tag != "!":
        return node.tag
    if node.style:
        return TEXT
    text = node.text
    for tag, pattern in _tools()[0].get(text[:1], ()):
        if pattern.match(text):
            return str(tag)
    return TEXT


def value_of(node: Scalar) -> object:
    """The scalar as a Python value. Raises MeaninglessScalarError with a message for people."""
    if node.tag is None and not node.style and len(node.text) <= SHORT:
        value = short_value(node.text)
        if isinstance(value, MeaninglessScalarError):
            raise MeaninglessScalarError(str(value))
        return value
    return _value(node)


@lru_cache(maxsize=4096)
def short_value(text: str) -> object:
    """What plain text of at most SHORT characters means; without meaning, the error that says why.

    The same few words and numbers make up most of a text; none of their values can change.
    """
    try:
        return _value(Scalar(0, 0, text, "", None))
    except MeaninglessScalarError as error:
        return error


def _value(node: Scalar) -> object:
    tag = tag_of(node)
    if tag == TEXT:
        return node.text
    _, constructor, scalar_node = _tools()
    method = _SCALARS.get(tag)
    if method is None:
        raise MeaninglessScalarError(_unknown(tag, node.text))
    try:
        value: object = getattr(constructor, method)(scalar_node(tag, node.text))
    except (*_MEANINGLESS, _yaml_error()) as error:
        name = tag.removeprefix(_PREFIX)
        message = f"{node.text[:40]!r} cannot be read as a {name}: put quotes around it"
        raise MeaninglessScalarError(message) from error
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise MeaninglessScalarError("a number of so many digits: put quotes around it")
    return value


def _yaml_error() -> type[Exception]:
    from yaml import YAMLError

    return YAMLError


def _unknown(tag: str, text: str) -> str:
    if tag == VALUE:
        return "a lone '=' means nothing: put quotes around it"
    if tag == MERGE:
        return "'<<' merges mappings and is no value: put quotes around it"
    shown = f"!!{tag.removeprefix(_PREFIX)}" if tag.startswith(_PREFIX) else tag
    return f"the tag {shown[:60]} is not known to a config"
