"""Data means what `yaml.safe_load` makes of it: YAML 1.1, as the loader of Trusses."""

from __future__ import annotations

import pytest
import yaml

from truss_base.document import Document, load
from truss_base.exceptions import ConfigError

SCALARS = [
    *("1", "-1", "+1", "0", "010", "0o10", "0x1F", "0b11", "1_000", "1:30", "12:30:45", "08"),
    *("1e3", "1.0", "1.5e3", "1.5e+3", ".5", "1.", ".inf", "-.inf", "1.2.3", "1,2", "-", "-a"),
    *("yes", "no", "on", "off", "true", "True", "TRUE", "tRue", "y", "n", "~", "null", "Null"),
    *("nULL", "2020-01-01", "2020-01-01T10:00:00Z", "2020-01-01T10:00:00+02:00", "=", "=="),
    *("<<", "text", "'yes'", '"no"', "!!str 1", "!!int 0x1F", "! 1", "! yes"),
]
TEXTS = [
    "",
    "# only a comment\n",
    "null",
    "[]",
    "text",
    "a:\nb: ~\n",
    "a: 1\na: 2\n",
    "a: &x [1, 2]\nb: *x\nc: [*x, *x]\n",
    "base: &b {x: 1, y: 2}\nc: {<<: *b, y: 3}\n",
    "base: &b {x: 1}\nother: &o {x: 2, z: 3}\nc:\n  <<: [*b, *o]\n",
    "a: {<<: {x: 1}, <<: {x: 2}}\n",
    "1: a\nyes: b\n2.5: c\n~: d\n",
    "a: !!int '5'\nb: !!float 1\nc: !!str 5\nd: !!bool 'yes'\ne: !!null ''\n",
    "a: !!binary aGVsbG8=\n",
    "a: !!set {x, y}\n",
    "a: !!omap [x: 1, y: 2]\n",
    "a: !!omap [x, y]\n",
    "a: !!pairs [{x: 1, y: 2}]\n",
    "a: |\n  x\n   y\n\nb: >\n  x\n  y\n\n  z\n",
    "a: 'it''s'\nb: \"\\u00e9\\x41\\\n  b\"\n",
    "- a\n-\n  - b\n- c: 1\n  d: 2\n",
    "%YAML 1.1\n---\na: 1\n...\n",
    "= : 1\n",
]


@pytest.mark.parametrize("text", [*(f"a: {scalar}" for scalar in SCALARS), *TEXTS])
def test_data_is_what_the_loader_of_yaml_makes(text: str) -> None:
    try:
        expected = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        with pytest.raises(ConfigError):
            load(text)
    else:
        assert repr(load(text)) == repr(expected)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: =", "quotes"),
        ("a: 2024-13-45", "timestamp"),
        ("a: !!int five", "int"),
        ("a: !custom 1", "!custom"),
        ("a: !!python/object:os.system {}", "python/object"),
        ("a: !!python/object/apply:os.system [echo]", "python/object"),
        ("[a, b]: 1", "key"),
        ("{{ x }}: 1", "braces"),
        ("a: !!omap [b: 1, c]", "!!omap"),
        ("a: !!pairs [{b: 1, c: 2}]", "!!pairs"),
        ("a: 0x" + "f" * 5000, "digits"),
        ("a: *b", "anchor"),
        ("a: &a [*a]", "alias"),
        ("a:\n  <<: 5\n", "<<"),
        ("a: 1\n---\nb: 2\n", "---"),
    ],
)
def test_what_the_loader_cannot_construct_is_one_line_with_a_place(text: str, reason: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(text)
    message = str(error.value)
    assert message.startswith("line ")
    assert reason in message
    assert "\n" not in message


def test_tags_of_python_are_never_constructed() -> None:
    document = Document.parse("a: !!python/object/apply:builtins.exit [3]\nb: 2\n")
    assert document.data["b"] == 2


@pytest.mark.parametrize(
    "text", ["a:\t1", "a: 1\t", "a: x\ty", "a: [1,\t2]", "a: 1 \t# c", "a:\n  b: 1\t\n"]
)
def test_tabs_that_libyaml_lets_pass_are_refused_as_by_the_loader(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        yaml.load(text, Loader=yaml.SafeLoader)  # the pure parser, which Trusses are loaded with
    assert [text[p.start : p.end] for p in Document.parse(text).problems] == ["\t"]


@pytest.mark.parametrize("text", ["a: {b: what?}", "[x, why? not]", "a: {b?: 1}"])
def test_question_marks_that_libyaml_lets_pass_are_refused_as_by_the_loader(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        yaml.load(text, Loader=yaml.SafeLoader)
    assert [problem.kind for problem in Document.parse(text).problems] == ["quotes"]


@pytest.mark.parametrize(
    "text", ["a: what?", "a: {b: 'what?'}", "a: 1\n\ufeffb: 2\n", "a:\n\ufeff  b: 1\n"]
)
def test_question_and_byte_order_marks_are_text_to_the_loader(text: str) -> None:
    assert load(text) == yaml.load(text, Loader=yaml.SafeLoader)


@pytest.mark.parametrize(
    "text", ['a: "x\ty"', "a: 'x\ty'", "a: |\n  x\ty\n", "a: 1 # x\ty", "# \t\na: 1", "a: 1 #\t"]
)
def test_tabs_in_quotes_blocks_and_comments_are_content(text: str) -> None:
    assert load(text) == yaml.load(text, Loader=yaml.SafeLoader)
