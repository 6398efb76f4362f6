"""What every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def fixture_trusses() -> Path:
    """The folder of the Trusses that tests start from: copy one before changing it."""
    return REPOSITORY / "fixtures"
