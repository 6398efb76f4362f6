"""The Python a config asks for is found where it is, or named where it is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from truss_handle.exceptions import InputInvalid, PythonNotFound
from truss_handle.interpreters import current, interpreter_for, version_of

HERE = f"{sys.version_info[0]}{sys.version_info[1]}"


@pytest.mark.parametrize(
    ("given", "version"), [("py39", "3.9"), ("py311", "3.11"), ("3.14", "3.14"), ("py3.10", "3.10")]
)
def test_versions(given: str, version: str) -> None:
    assert version_of(given) == version


@pytest.mark.parametrize("given", ["", "py", "python3", "py27", "3", "py311 "])
def test_no_versions(given: str) -> None:
    with pytest.raises(InputInvalid, match="python_version"):
        version_of(given)


async def test_the_current_interpreter_serves_its_own_version() -> None:
    assert await interpreter_for(f"py{HERE}") == current()


async def test_a_missing_version_is_named_with_the_ways_out() -> None:
    with pytest.raises(PythonNotFound, match=r"asks for Python 3\.99, which is not") as caught:
        await interpreter_for("py399")
    assert "--any-python" in caught.value.hint


async def test_any_python_falls_back_to_ours() -> None:
    assert await interpreter_for("py399", any_python=True) == current()


async def test_a_chosen_interpreter_is_asked_for_its_version() -> None:
    chosen = await interpreter_for("py399", chosen=Path(sys.executable))
    assert chosen.version == sys.version_info[:3]


async def test_a_chosen_file_that_is_no_interpreter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PythonNotFound, match="is no Python interpreter"):
        await interpreter_for("py311", chosen=tmp_path / "python")


async def test_shims_that_lead_nowhere_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As pyenv's, for a version that is installed but not switched on.
    shim, real = tmp_path / "shims" / "python3.99", tmp_path / "bin" / "python3.99"
    for path, body in [(shim, "exit 127"), (real, 'echo "[3, 99, 1]"')]:
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{real.parent}")
    found = await interpreter_for("py399")
    assert (found.executable, found.version) == (real, (3, 99, 1))
