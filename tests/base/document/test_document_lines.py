"""Lines and columns, in the units of every protocol."""

from __future__ import annotations

import pytest

from truss_base.document import LineIndex


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("", [0]),
        ("a\nb", [0, 2]),
        ("a\r\nb", [0, 3]),
        ("a\rb", [0, 2]),
        ("a\r\r\nb\n", [0, 2, 4, 6]),
        # Line breaks of YAML 1.1 that no editor knows.
        ("a\u2028b\u0085c\u2029d", [0]),
    ],
)
def test_only_the_line_ends_of_editors_end_a_line(text: str, starts: list[int]) -> None:
    assert LineIndex(text).starts == starts


# One character of each width: 1 byte; 2 bytes; 3 bytes; 4 bytes and two UTF-16 units.
WIDTHS = "aé€😀b"


@pytest.mark.parametrize(
    ("encoding", "columns"),
    [
        ("utf-8", [0, 1, 3, 6, 10, 11]),
        ("utf-16", [0, 1, 2, 3, 5, 6]),
        ("utf-32", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_columns_count_the_units_of_the_encoding(encoding: str, columns: list[int]) -> None:
    lines = LineIndex(f"first\n{WIDTHS}\nlast")
    indexes = range(6, 6 + len(WIDTHS) + 1)
    assert [lines.position(index, encoding) for index in indexes] == [(1, c) for c in columns]
    assert [lines.index(1, column, encoding) for column in columns] == list(indexes)


def test_a_column_within_a_character_is_its_start() -> None:
    lines = LineIndex("😀b")
    assert lines.index(0, 1, "utf-16") == 0
    assert lines.index(0, 3, "utf-8") == 0


@pytest.mark.parametrize(
    ("line", "column", "index"), [(0, 99, 2), (1, 99, 5), (9, 0, 5), (-1, 0, 0), (0, -1, 0)]
)
def test_positions_outside_become_the_nearest_end(line: int, column: int, index: int) -> None:
    assert LineIndex("ab\ncd").index(line, column) == index


def test_a_line_has_neither_its_break_nor_the_next_line() -> None:
    lines = LineIndex("ab\r\n\r\ncd")
    assert [lines.line_text(number) for number in range(len(lines))] == ["ab", "", "cd"]
    assert lines.line_at(3) == 0
    assert lines.line_at(4) == 1


@pytest.mark.parametrize(
    ("text", "unit"),
    [("a: 1\n", 2), ("a:\n  b: 1\nc:\n  d: 1\n", 2), ("a:\n    b:\n        c: 1\n", 4)],
)
def test_the_indent_unit_is_the_usual_step(text: str, unit: int) -> None:
    assert LineIndex(text).indent_unit == unit
