"""What the content of an answer is taken for, and how it reads."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from truss_handle.answers import decoded

ARRAY = {b"nd": True, b"type": b"<f4", b"kind": b"", b"shape": (2, 3), b"data": bytes(24)}


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b'{"a": 1}', "application/json", ("json", {"a": 1})),
        (b'{"a": 1}', "", ("json", {"a": 1})),
        (b"data: {}\n\n", "text/event-stream", ("text", "data: {}\n\n")),
        (b"", "text/plain", ("text", "")),
        (
            b"\x89PNG\xff",
            "image/png",
            ("binary", "image/png, 5 bytes, beginning with 89 50 4e 47 ff"),
        ),
        (b"a\0b", "", ("binary", "binary data, 3 bytes, beginning with 61 00 62")),
        (msgpack.packb([1, None, "x"]), "application/msgpack", ("msgpack", [1, None, "x"])),
        (b"\x07", "application/octet-stream", ("text", "\x07")),
    ],
)
def test_kind_and_content(content: bytes, content_type: str, expected: tuple[str, Any]) -> None:
    assert decoded(content, content_type) == expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": b"\1"}, {"a": "binary data, 1 bytes, beginning with 01"}),
        ({"mean": ARRAY}, {"mean": "array <f4 2×3"}),
        ({1: float("nan")}, {"1": "nan"}),
    ],
)
def test_what_no_json_can_carry_is_described(value: object, shown: object) -> None:
    assert decoded(msgpack.packb(value), "application/octet-stream") == ("msgpack", shown)
