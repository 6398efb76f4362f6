"""Control planes for the tests of this folder."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from running_plane import RunningPlane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@pytest.fixture
def new_plane(tmp_path: Path) -> Iterator[Callable[..., RunningPlane]]:
    """Makes a control plane over the given files; it is not started yet."""
    with contextlib.ExitStack() as ends:

        def make(files: Mapping[str, str | bytes]) -> RunningPlane:
            plane = RunningPlane(tmp_path, files)
            ends.callback(plane.clean_up)
            return plane

        yield make


@pytest.fixture(scope="module")
def module_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningPlane]]:
    """As `new_plane`, for tests that share one plane and leave it as it was."""
    with contextlib.ExitStack() as ends:

        def make(files: Mapping[str, str | bytes]) -> RunningPlane:
            plane = RunningPlane(tmp_path_factory.mktemp("plane"), files)
            ends.callback(plane.clean_up)
            return plane

        yield make
