"""Environments: built once, never half, and resolver errors in the resolver's words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from truss_base.uv import complaint
from truss_handle.environments import Specification, ensure_environment
from truss_handle.exceptions import EnvironmentFailed
from truss_handle.interpreters import Interpreter, current
from truss_handle.values import ProgressEvent, no_progress


def specification(*requirements: str, folder: Path | None = None) -> Specification:
    return Specification("model", current(), (), requirements, folder)


async def test_of_many_who_ask_at_once_one_builds(tmp_path: Path) -> None:
    events: list[ProgressEvent] = []
    asking = [ensure_environment(tmp_path, specification(), events.append) for _ in range(5)]
    pythons = await asyncio.gather(*asking)
    assert len(set(pythons)) == 1
    assert pythons[0].is_file()
    assert sum("installing" in event.message for event in events) == 1


async def test_what_a_killed_build_left_is_built_anew(tmp_path: Path) -> None:
    half = tmp_path / specification().key()
    (half / "bin").mkdir(parents=True)
    (half / "bin" / "python").write_text("not finished")
    python = await ensure_environment(tmp_path, specification(), no_progress)
    assert python.resolve().name.startswith("python3")


async def test_requirements_that_do_not_resolve_are_told_on_one_line(tmp_path: Path) -> None:
    asked = specification("six==1.16.0", "six==1.17.0")
    with pytest.raises(EnvironmentFailed) as caught:
        await ensure_environment(tmp_path, asked, no_progress)
    message = str(caught.value)
    assert "six==1.16.0" in message
    assert "six==1.17.0" in message
    assert "unsatisfiable" in message
    assert "\n" not in message
    assert not (tmp_path / asked.key()).exists()


async def test_a_requirement_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="sci kit"):
        await ensure_environment(tmp_path, specification("sci kit"), no_progress)


async def test_an_interpreter_that_is_none_is_named(tmp_path: Path) -> None:
    asked = replace(specification(), interpreter=Interpreter(tmp_path / "none", (3, 11, 0)))
    with pytest.raises(EnvironmentFailed, match=r"no environment from .*none"):
        await ensure_environment(tmp_path, asked, no_progress)


async def test_a_missing_requirements_file_is_named(tmp_path: Path) -> None:
    asked = replace(specification(), files=(tmp_path / "requirements.txt",))
    with pytest.raises(EnvironmentFailed, match=r"requirements\.txt cannot be read"):
        await ensure_environment(tmp_path, asked, no_progress)


def test_the_key_follows_everything_that_decides_the_content(tmp_path: Path) -> None:
    file, included = tmp_path / "requirements.txt", tmp_path / "more.txt"
    included.write_text("six")
    file.write_text("-r more.txt\n")
    base = replace(specification("a==1"), files=(file,))
    keys = [base.key(), replace(base, requirements=("a==2",)).key()]
    keys.append(replace(base, interpreter=Interpreter(Path("/other"), (3, 12, 1))).key())
    included.write_text("six==1.17.0")
    keys.append(base.key())
    file.write_text("-r more.txt\nattrs\n")
    keys.append(base.key())
    assert len(set(keys)) == len(keys)


def test_requirements_by_path_are_not_shared_between_trusses(tmp_path: Path) -> None:
    one, other = (specification("./wheel.whl", folder=tmp_path / name) for name in "ab")
    assert one.key() != other.key()
    one, other = (specification("six", folder=tmp_path / name) for name in "ab")
    assert one.key() == other.key()


def test_the_drawing_around_the_resolvers_words_goes() -> None:
    shown = "warning: odd\n  × No solution found:\n  ╰─▶ Because a\n      depends on b\n"
    assert complaint(shown) == "No solution found: Because a depends on b"


def test_what_uv_says_in_steps_is_one_sentence() -> None:
    shown = "error: No solution found\n  cause: Because a\n         depends on b\n\nhint: do\n"
    assert complaint(shown) == "No solution found: Because a depends on b hint: do"
