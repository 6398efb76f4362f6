"""What is written reads back as the same config, whatever is in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.base.generated import configs
from truss_base.config import TrussConfig
from truss_base.document import load
from truss_base.exceptions import ConfigError


@settings(max_examples=100)
@given(configs())
def test_text_reads_back_as_the_same_config(data: dict[str, Any]) -> None:
    config = TrussConfig.from_dict(data)
    text = config.to_yaml()
    again = TrussConfig.from_text(text)
    assert again == config
    assert again.to_yaml() == text


@pytest.mark.parametrize("verbose", [True, False])
@settings(max_examples=60)
@given(data=configs())
def test_a_dump_reads_back_as_the_same_config(verbose: bool, data: dict[str, Any]) -> None:
    config = TrussConfig.from_dict(data)
    assert TrussConfig.from_dict(config.to_dict(verbose)) == config


@settings(max_examples=40)
@given(configs())
def test_the_text_says_no_more_than_the_dump(data: dict[str, Any]) -> None:
    config = TrussConfig.from_dict(data)
    assert set(load(config.to_yaml())) <= set(config.to_dict(verbose=False))


@settings(max_examples=300)
@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8))
def test_a_line_is_quoted_only_where_it_would_be_misread(text: str) -> None:
    plain = f"description: {text}\n"
    written = TrussConfig(description=text).to_yaml()
    assert (written == plain) is (_read(plain) == {"description": text})


def _read(text: str) -> object:
    try:
        return load(text)
    except ConfigError:
        return None
