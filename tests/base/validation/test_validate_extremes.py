"""`validate` never raises, and ends soon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truss_base.config import every_field
from truss_base.validation import is_truss_config, validate

EXTREMES = {
    "100,000 unknown keys": "\n".join(f"key_{n}: {n}" for n in range(100_000)),
    "100,000 wrong entries": "requirements:\n" + "- 1\n" * 100_000,
    "10 MB": "description: " + "x" * 10_000_000,
    "5 MB of lines": "model_metadata:\n" + "".join(f"  k{n}: {'x' * 40}\n" for n in range(100_000)),
    "1,000 deep": "model_metadata: " + "[" * 1000 + "]" * 1000,
    "1,000 deep, open": "model_metadata: " + "[" * 1000,
    "unfolding": "a0: &a0 [x, x]\n"
    + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
    "itself": "trt_llm: &a {build: {speculator: {build: *a}}}\n",
    "NUL": "\x00" * 1000,
    "surrogates": "model_name: " + "\ud800\udc00" * 100,
    "tabs": "\t" * 10_000,
    "carriage returns": "model_name: x\r" * 1000,
    "line separators": "a: b\u2028" * 1000,
    "byte order marks": "\ufeff" * 10,
    "5,000 digits": "resources: {accelerator: 'A10G:" + "9" * 5000 + "'}\n",
    "5,000 digits as a number": "environment_variables: {A: 0x" + "f" * 5000 + "}\n",
    "5,000 digits as a version": "runtime: {truss_server_version_override: '" + "9" * 5000 + "'}\n",
    "3,000 brackets in a requirement": "requirements: ['a; " + "(" * 3000 + "']\n",
    "blanks in a requirement": "requirements: ['a" + " " * 90_000 + "b']\n",
    "next lines": "a: {b: 1,\x85" + "\x85" * 90_000 + "\n",
    "malformed tags": "model_metadata: {a: b" + ", !!omap x: y" * 7000 + "}\n",
    "suppressions": "# truss: ignore[" * 6000 + "\n",
    "quotes and tabs": "a: '\t" * 20_000,
    "a Python tag": "a: !!python/object/apply:os.system ['exit 1']\n",
    "long words": "x" * 100_000 + ": 1\nresources: {cpu: " + "9" * 100_000 + "}\n",
}


@pytest.mark.parametrize("text", EXTREMES.values(), ids=EXTREMES.keys())
def test_extreme_texts_yield_findings_within_bounds(text: str) -> None:
    findings = validate(text)
    assert len(findings) <= 1000
    for finding in findings:
        assert 0 <= finding.start <= finding.end <= len(text) + 1
        assert len(finding.message) < 400
    assert isinstance(is_truss_config(text), bool)


KEYS = st.sampled_from([path[-1] for path, _ in every_field()])
SCALARS = st.sampled_from(
    [
        *(
            "1",
            "0",
            "-1",
            "x",
            "''",
            "null",
            "true",
            "1.5",
            "py311",
            "A100:2",
            "[]",
            "{}",
            "hf://a",
        ),
        *(
            "/a",
            "2024-01-01",
            "v1",
            "v2",
            "*a",
            "&a b",
            "!!int x",
            "|",
            "'",
            '"',
            "[",
            "16GB",
            "\t",
        ),
    ]
)
INDENTS = st.sampled_from(["", "  ", "    ", "- ", "  - "])
LINES = st.builds("{}{}: {}\n".format, INDENTS, KEYS, SCALARS)


@given(st.lists(LINES, max_size=12).map("".join))
def test_any_config_of_known_keys_is_judged(text: str) -> None:
    for finding in validate(text):
        assert 0 <= finding.start < finding.end <= len(text) + 1
        for fix in finding.fixes:
            assert all(0 <= edit.start <= edit.end <= len(text) for edit in fix.edits)


@given(st.text(max_size=200))
def test_any_text_is_judged(text: str) -> None:
    assert isinstance(validate(text), list)
