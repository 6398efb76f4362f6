"""The control plane that all cases of a test process share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hot.hot_plane import HotPlane, running_hot_plane

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def hot_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HotPlane]:
    """A real control plane with a model that is replaced by each case's version 1."""
    with running_hot_plane(tmp_path_factory.mktemp("hot")) as plane:
        yield plane
