"""Where the lines of one version of a text stand in another."""

from __future__ import annotations

import pytest

from control_truss_inference.lines import line_map

# Before and after, one letter per line, and the new number of each old line.
MAPS = [
    ("abc", "abc", [1, 2, 3]),
    ("abc", "xabc", [2, 3, 4]),
    ("abc", "axxbc", [1, 4, 5]),
    ("abc", "bc", [1, 1, 2]),
    ("abc", "ac", [1, 2, 2]),
    ("abc", "ab", [1, 2, 2]),
    ("abc", "axc", [1, 2, 3]),
    ("abcd", "axd", [1, 2, 2, 3]),
    ("abcd", "cdab", [3, 4, 4, 4]),
    ("abxcd", "yabcxd", [2, 3, 5, 5, 6]),
    ("ab", "", [1, 1]),
    ("aaa", "aaaa", [1, 2, 3]),
]


@pytest.mark.parametrize(("before", "after", "lines"), MAPS)
def test_line_map(before: str, after: str, lines: list[int]) -> None:
    assert line_map(before, after) == lines
