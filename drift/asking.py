"""Asks the installed `truss`: one process of its environment judges all that is sent."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from drift.verdicts import Sample, Verdict, their_verdict

PROBE = Path(__file__).with_name("probe.py")


class ProbeError(Exception):
    """The probe ended before it had answered: `truss` has changed beyond what it understands."""


class Probe:
    """The running probe; `description` is what it said of its definitions."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._input: IO[str] = process.stdin
        self._output: IO[str] = process.stdout
        self.description: dict[str, Any] = self._answer()

    def judge(self, samples: Iterable[Sample]) -> Iterator[Verdict]:
        """One verdict per sample, in order."""
        jobs = [json.dumps(sample.to_job()) + "\n" for sample in samples]
        # Both pipes would fill if nobody read while thousands of jobs are written.
        writer = threading.Thread(target=self._write, args=(jobs,), daemon=True)
        writer.start()
        for _ in jobs:
            yield their_verdict(self._answer())
        writer.join()

    def _write(self, jobs: list[str]) -> None:
        self._input.writelines(jobs)
        self._input.flush()

    def _answer(self) -> dict[str, Any]:
        line = self._output.readline()
        if not line:
            raise ProbeError("the probe ended early: see its traceback above, then drift/probe.py")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def probing(python: Path) -> Iterator[Probe]:
    """A probe run by the interpreter of an environment that holds `truss`."""
    command = [str(python), "-I", str(PROBE)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield Probe(process)
        finally:
            process.kill()
