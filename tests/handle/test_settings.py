"""Where things are kept: our own variables first, then the XDG base directories."""

from __future__ import annotations

from pathlib import Path

import pytest

from truss_handle.settings import Settings

HOME = Path.home()


@pytest.mark.parametrize(
    ("environ", "home", "cache"),
    [
        ({}, HOME / ".local/state/control-truss", HOME / ".cache/control-truss"),
        ({"CONTROL_TRUSS_HOME": "/x"}, Path("/x"), HOME / ".cache/control-truss"),
        (
            {"XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/c"},
            Path("/s/control-truss"),
            Path("/c/control-truss"),
        ),
        # The XDG specification: relative paths are ignored.
        (
            {"XDG_STATE_HOME": "s", "CONTROL_TRUSS_CACHE": "~/c"},
            HOME / ".local/state/control-truss",
            HOME / "c",
        ),
    ],
)
def test_folders(environ: dict[str, str], home: Path, cache: Path) -> None:
    assert Settings.from_environment(environ) == Settings(home=home, cache=cache)
