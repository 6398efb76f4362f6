"""After a patch the running model answers what a freshly started version 2 would answer.

The cases are the Markdown files in `cases/`; every one goes through a real control plane and real
inference processes. How they fare elsewhere is in docs/hot-cases.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hot.hot_cases import Case, all_cases

if TYPE_CHECKING:
    from tests.hot.hot_plane import HotPlane


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_answers_as_if_freshly_started(case: Case, hot_plane: HotPlane) -> None:
    run = hot_plane.run(case)
    assert run.verdict.good, (run.strategy, run.note, run.reasons)
