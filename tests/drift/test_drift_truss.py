"""Against the real `truss`, where `make drift` has installed it before."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from drift import environment
from drift.__main__ import IN_STEP, main
from drift.asking import PROBE, ProbeError, probing
from drift.verdicts import Sample

PYTHON = environment.python_in()
installed = pytest.mark.skipif(
    not PYTHON.exists(), reason="no truss in .cache/drift: `make drift` installs it"
)


@installed
def test_a_small_comparison_is_in_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--keep", "--examples", "25"]) == IN_STEP, capsys.readouterr().out


@installed
def test_it_judges_text_and_data_in_order() -> None:
    samples = [
        Sample("a test", text="model_name: x\n"),
        Sample("a test", text="a: [\n"),
        Sample("a test", data={"resources": {"cpu": 4}}),
        Sample("a test", data={"runtime": {"trian": 1}}),
    ]
    with probing(PYTHON) as probe:
        verdicts = list(probe.judge(samples))
    assert [bool(verdict.errors) for verdict in verdicts] == [False, True, True, False]
    assert verdicts[2].errors == ("resources.cpu (string_type)",)
    assert verdicts[3].unknown == ("runtime.trian (unknown-key)",)


def test_a_probe_that_fails_is_told_and_not_waited_for(tmp_path: Path) -> None:
    failing = tmp_path / "python"
    failing.write_text("#!/bin/sh\nexit 1\n")
    failing.chmod(0o755)
    with pytest.raises(ProbeError, match="ended early"), probing(failing):
        pass


def test_without_a_package_index_it_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    before = tmp_path / "env"
    before.mkdir()
    with pytest.raises(environment.OfflineError) as caught:
        environment.prepare(tmp_path)
    assert "cannot install truss" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert before.exists()


@installed
def test_the_probe_has_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        code = (
            f"import runpy, socket; runpy.run_path({str(PROBE)!r})['main']();"
            f"socket.create_connection({address!r})"
        )
        outcome = subprocess.run([PYTHON, "-I", "-c", code], input=b"", capture_output=True)
    assert b"OSError: the probe has no network" in outcome.stderr
