"""Fixtures of the inference tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inference_environments import THIS_VERSION, environment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def environments(repository: Path) -> Path:
    return repository / ".cache" / "inference-environments"


@pytest.fixture(scope="session")
def clean_python(environments: Path) -> str:
    """This version of Python, without the packages of this checkout."""
    return environment(THIS_VERSION, environments)
