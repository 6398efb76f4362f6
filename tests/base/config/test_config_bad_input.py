"""Configs that are none: one clear line each, never another exception."""

from __future__ import annotations

from pathlib import Path

import pytest

from truss_base.config import TrussConfig
from truss_base.exceptions import ConfigError

BAD_TEXTS = {
    "a list": ("- a\n- b\n", "mapping"),
    "a scalar": ("just text\n", "mapping"),
    "a number": ("5\n", "mapping"),
    "two documents": ("a: 1\n---\nb: 2\n", "---"),
    "nested 1,000 deep": ("model_metadata: " + "[" * 1000 + "]" * 1000, "nested"),
    "nested 1,000 deep in blocks": ("\n".join("  " * n + "a:" for n in range(1000)), "nested"),
    "indented with tabs": ("resources:\n\tcpu: '1'\n", "tab"),
    "no YAML": ("a: [1, 2\n", "never closed"),
    "a template": ("model_name: x\n{{ include }}\n", "line 2"),
    "an alias to nothing": ("a: *b\n", "anchor"),
    "an alias to itself": ("model_metadata: &a {b: *a}\n", "alias"),
    "NUL": ("model_name: a\x00b\n", "U+0000"),
    "a lone surrogate": ("model_name: \ud800\n", "U+D800"),
    "a Python tag": ("model_metadata: !!python/object:os.system {}\n", "tag"),
    "a key that is no text": ("1: a\n", "key"),
    "a null section": ("runtime:\n", "runtime"),
    "a null mapping": ("environment_variables:\n", "environment_variables"),
    "an accelerator that is a number": ("resources: {accelerator: 5}\n", "accelerator"),
    "a list of texts where entries are mappings": ("model_cache: [a/b]\n", "model_cache"),
    "an unknown inference stack": ("trt_llm: {inference_stack: v3}\n", "inference_stack"),
    "a list where a section is": ("trt_llm: []\n", "trt_llm"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_a_bad_text_is_one_line(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        TrussConfig.from_text(text)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


GOOD_TEXTS = {
    "duplicate keys": ("model_name: a\nmodel_name: b\n", "b"),
    "anchors": ("description: &d b\nmodel_name: *d\n", "b"),
    "merge keys": ("base: &b {model_name: b}\n<<: *b\n", "b"),
    "a tab in quotes": ("model_name: \"b\"\ndescription: 'x\ty'\n", "b"),
}


@pytest.mark.parametrize(("text", "name"), GOOD_TEXTS.values(), ids=GOOD_TEXTS.keys())
def test_what_the_loader_accepts_is_accepted(text: str, name: str) -> None:
    assert TrussConfig.from_text(text).model_name == name


def test_a_text_of_5_megabytes_is_read() -> None:
    text = "description: " + "x" * 5_000_000 + "\nmodel_name: b\n"
    assert TrussConfig.from_text(text).model_name == "b"


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes("model_name: Grüße".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"config\.yaml is not UTF-8 \(byte 0xfc at offset 14\)"):
        TrussConfig.from_yaml(file)


def test_a_file_of_another_extension_is_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("")
    with pytest.raises(ConfigError, match=r"rename config\.yml to config\.yaml"):
        TrussConfig.from_yaml(tmp_path / "config.yaml")


def test_a_folder_in_place_of_the_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        TrussConfig.from_yaml(tmp_path)


def test_speculators_within_speculators_end_somewhere() -> None:
    build: dict[str, object] = {}
    for _ in range(300):
        build = {"speculator": {"build": build}}
    with pytest.raises(ConfigError, match="nested"):
        TrussConfig.from_dict({"trt_llm": {"build": build}})
