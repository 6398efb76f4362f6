"""Errors of code that a hot patch took over as it was are shown at the line where it stands now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from running_plane import PREDICT, RunningPlane, until

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL, HELPERS = "model/model.py", "model/helpers.py"
FILES = {
    MODEL: (
        "from model.helpers import dig\n"
        "def share(x):\n"
        "    return 1 / x\n"
        "class Model:\n"
        "    def predict(self, x):\n"
        "        return dig(0) if x else share(0)\n"
    ),
    HELPERS: "def dig(x):\n    return 1 / x\n",
}
# What is done to the text of a file, and the strategy.
EDITS: list[tuple[str, str, str, str, str]] = [
    ("a comment above", MODEL, "def share", "# one\n# two\ndef share", "S0"),
    ("a comment within", MODEL, "    return 1", "    # one\n    return 1", "S0"),
    ("a docstring", MODEL, "    return 1", '    """One."""\n    return 1', "S0"),
    ("a function above", MODEL, "def share", "def other():\n    pass\ndef share", "S1"),
    ("a longer method", MODEL, "return dig", "y = 0\n        return dig", "S1"),
    ("a comment in another file", HELPERS, "def", "# one\ndef", "S0"),
    ("a function in another file", HELPERS, "def", "def other():\n    pass\ndef", "S1"),
]


@pytest.fixture
def plane(new_plane: Callable[..., RunningPlane]) -> RunningPlane:
    return new_plane(FILES).start("--settle", "never")


def place(plane: RunningPlane, which: int) -> tuple[str, int]:
    """Where the next failing request is said to have failed."""
    before = (plane.status()["last_error"] or {}).get("id")
    plane.post(PREDICT, json=which)

    def reported() -> Any:
        error = plane.status()["last_error"]
        return error if error and error["id"] != before else None

    error = until(reported, "the report")
    assert error["frames"][-1] == {
        "path": error["path"],
        "line": error["line"],
        "function": ["share", "dig"][which],
    }
    assert f'File "{error["path"]}", line {error["line"]}, in' in error["traceback"]
    assert "return 1 / x" in error["traceback"]
    return error["path"], error["line"]


def test_errors_point_into_the_newest_files(plane: RunningPlane) -> None:
    files = dict(FILES)
    for name, path, old, new, strategy in EDITS:  # more than the releases that are kept
        files[path] = files[path].replace(old, new, 1)
        assert plane.patch(files).json()["strategy"] == strategy, name
        for which, at in enumerate((MODEL, HELPERS)):
            lines = files[at].splitlines()
            right = next(n for n, line in enumerate(lines, 1) if "return 1 / x" in line)
            assert place(plane, which) == (at, right), name
