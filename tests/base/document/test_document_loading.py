"""The config behind a text, for those who hash and compare: strict YAML, tolerant values."""

from __future__ import annotations

import pytest

from truss_base.exceptions import ConfigError
from truss_base.loading import decoded, known_config


@pytest.mark.parametrize(
    "text",
    [
        "a:\t1\n",
        "resources:\n\tcpu: '1'\n",
        "a: &a [*a]\n",
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
        "a: " + "[" * 100_000,
        "a: !!python/object/apply:os.system ['exit 1']\n",
        "- a\n",
        "a: \x00\n",
        "model_name: [x\n",
    ],
    ids=["tab", "indent", "itself", "unfolding", "deep", "tag", "list", "NUL", "open"],
)
def test_what_the_loader_cannot_read_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        known_config(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", None),
        ("model_name: x\nresources: {cpu: 4}\n", "x"),
        ("\ufeffmodel_name: x\r\n", "x"),
        ("model_name: 5\nunknown: 1\n", None),
        ("model_name: 😀\n", "😀"),
    ],
)
def test_wrong_values_become_defaults(text: str, name: str | None) -> None:
    assert known_config(text).model_name == name


def test_only_utf8_is_decoded() -> None:
    with pytest.raises(ConfigError, match=r"byte 3"):
        decoded(b"a: \xff")
