"""Where the lines of one version of a text stand in another, in a map and in reports of errors."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hot_swaps import MODEL, swapping
from inference_environments import VERSIONS, environment

from control_truss_inference.lines import line_map

if TYPE_CHECKING:
    from pathlib import Path

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


TEXT = """
def share(x):
    return 1 / x

class Model:
    def predict(self, x):
        return share(x)
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_errors_of_code_that_was_taken_over(
    version: str, environments: Path, tmp_path: Path
) -> None:
    """They are reported at its lines in the newest version, also where the files of the one that
    made it are gone."""
    python, text = environment(version, environments), TEXT
    with swapping(tmp_path, {MODEL: text}, python) as server:
        before = server.truss
        for number in range(1, 4):
            text = text.replace("def share", "# above\ndef share")
            text = text.replace("    return 1", "    # within\n    return 1")
            new = text.replace("return share(x)", f"return share(x) * {number}")
            after = server.edit(new, number, ["share"])
            shutil.rmtree(before.root)
            assert server.managed.predict(0).status_code == 500
            error = server.managed.event("predict_error")["error"]
            line = new.splitlines().index("    return 1 / x") + 1
            assert error["frames"][-1] == {"path": MODEL, "line": line, "function": "share"}
            assert error["line"] == line
            place = f'  File "{MODEL}", line {line}, in share\n    return 1 / x\n'
            assert place in error["traceback"]
            before = after
