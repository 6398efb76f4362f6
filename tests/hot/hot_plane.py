"""Ours: every case through one real control plane, which starts, patches and replaces models."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.control.running_plane import RunningPlane
from tests.hot.hot_fresh import strictly_fresh
from tests.hot.hot_observing import observe
from tests.hot.hot_verdicts import HOT, Run, judge

if TYPE_CHECKING:
    from tests.hot.hot_cases import Case

FIRST = {"model/model.py": "class Model:\n    def predict(self, x):\n        return x\n"}


class HotPlane:
    """Runs one case after the other. Each version 1 is loaded by a process of its own."""

    def __init__(self, plane: RunningPlane) -> None:
        self._plane = plane
        self._marked: Mapping[str, str] = {}
        self._answer: dict[str, Any] = {}

    def run(self, case: Case) -> Run:
        """Starts version 1, exercises it, patches it to version 2 and compares the answers."""
        self._start(case)
        with self._plane.client() as client:
            seen = observe(client, case, lambda: self._change(case))
        verdict, note = judge(seen, strictly_fresh(case))
        if not seen.accepted:
            return Run("-", (str(self._answer["error"]["msg"]),), verdict, note)
        reasons = tuple(reason["reason"] for reason in self._answer["reasons"])
        return Run(self._answer["strategy"], reasons, verdict, note)

    def _change(self, case: Case) -> bool:
        for number in range(case.saves):
            self._answer = self._patch(case.before if number % 2 else case.after)
        return "error" not in self._answer

    def _start(self, case: Case) -> None:
        # Whatever is below data/ makes a patch load the model anew: nothing of the case before
        # lives on.
        self._marked = {"data/case.txt": case.id}
        answer = self._patch(case.before)
        assert "error" not in answer, answer
        assert answer["strategy"] not in HOT, answer

    def _patch(self, files: Mapping[str, str]) -> dict[str, Any]:
        shutil.rmtree(self._plane.truss)
        answer: dict[str, Any] = self._plane.patch({**files, **self._marked}).json()
        return answer


@contextlib.contextmanager
def running_hot_plane(folder: Path, **environment: str) -> Iterator[HotPlane]:
    """A control plane for any number of cases."""
    plane = RunningPlane(folder, FIRST)
    try:
        # A fresh process that takes over soon after a hot swap would hide what the swap did.
        plane.start("--settle", "never", environment=environment)
        plane.wait_for("ready")
        yield HotPlane(plane)
    finally:
        plane.clean_up()
