"""`# truss: ignore[code]`: what the author does not want to see."""

from __future__ import annotations

import pytest

from truss_base.validation import validate


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("foo: 1  # truss: ignore[unknown-key]\nbar: 2\n", ["unknown-key"]),
        ("foo: 1  # truss: ignore\nbar: 2\n", ["unknown-key"]),
        ("foo: 1  #truss:ignore[unknown-key]\n", []),
        ("foo: 1  # truss: ignore[type, unknown-key]\n", []),
        ("foo: 1  # truss: ignore[type]\n", ["unknown-key"]),
        # On a line of its own for the next one.
        ("a_b: 1\n# truss: ignore[unknown-key]\nfoo: 1\n", ["unknown-key"]),
        # Above the first key for the file.
        ("# truss: ignore[unknown-key]\nfoo: 1\nbar: 2\n", []),
        ("# A Truss.\n\n# truss: ignore\n---\nfoo: 1\nbar: 2\n", []),
        ("# truss: ignore[type]\nfoo: 1\n", ["unknown-key"]),
        # No comment of ours.
        ("foo: 1  # truss: ignored\n", ["unknown-key"]),
        ("foo: '# truss: ignore'\n", ["unknown-key"]),
    ],
)
def test_suppressed_findings_are_left_out(text: str, left: list[str]) -> None:
    assert [finding.code for finding in validate(text)] == left
