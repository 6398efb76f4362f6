"""How a container is created, read from what the engine is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from truss_base.config import TrussConfig
from truss_handle.runtimes.base import Launch
from truss_handle.runtimes.docker_container import settings
from truss_handle.runtimes.docker_logs import lines
from truss_handle.runtimes.image.make_environments import check_version
from truss_handle.runtimes.interrupt import Interrupt
from truss_handle.values import StartOptions


def asked_for(config: str, *, gpus: bool = False, **options: Any) -> dict[str, Any]:
    parsed = TrussConfig.from_text(config)
    token = Path("token") if parsed.use_control_plane else None
    launch = Launch(
        "iris-docker-1", Path("/iris"), Path(), parsed, StartOptions(**options), token, None
    )
    return settings(launch, "image", 5000, gpus=gpus, version="1.0")


def test_published_on_loopback_and_nowhere_else() -> None:
    assert asked_for("")["ports"] == {"8080/tcp": ("127.0.0.1", 5000)}


def test_the_engine_puts_a_first_process_that_reaps_orphans() -> None:
    assert asked_for("")["init"] is True


def test_environment_variables_are_the_control_planes_business_where_there_is_one() -> None:
    variables = "environment_variables: {MOOD: calm}\n"
    assert asked_for(variables)["environment"] == {"MOOD": "calm"}
    assert "environment" not in asked_for(f"{variables}use_control_plane: true")


def test_the_limit_of_the_load_reaches_the_control_plane() -> None:
    assert asked_for("use_control_plane: true", load_timeout=90)["command"] == [
        *("--load-timeout", "90")
    ]


def test_gpus_only_where_the_engine_has_them() -> None:
    (request,) = asked_for("", gpus=True)["device_requests"]
    assert (request["Count"], request["Capabilities"]) == (-1, [["gpu"]])
    assert "device_requests" not in asked_for("resources: {accelerator: L4}")


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"o", b"ne\r\nt", b"wo"], ["one", "two"]),
        ([b"\xc3", b"\xa9\n"], ["é"]),
        ([b"\xff\n"], ["\ufffd"]),
        ([], []),
    ],
)
def test_log_lines_from_chunks_cut_anywhere(chunks: list[bytes], expected: list[str]) -> None:
    assert list(lines(chunks)) == expected


@pytest.mark.parametrize(
    ("found", "expected", "complaint"),
    [
        ((3, 8), "", "a Truss needs 3.9 to 3.14"),
        ((3, 15), "", "a Truss needs 3.9 to 3.14"),
        ((3, 11), "3.12", "python_version asks for 3.12"),
        ((3, 11), "3.11", None),
        ((3, 9), "", None),
    ],
)
def test_the_python_of_a_base_image(
    found: tuple[int, int], expected: str, complaint: str | None
) -> None:
    if complaint is None:
        check_version(found, expected)
        return
    with pytest.raises(SystemExit) as refused:
        check_version(found, expected)
    assert complaint in str(refused.value.code)


def test_an_interrupt_ends_a_call_once_whenever_it_comes() -> None:
    ended: list[str] = []
    early, late = Interrupt(), Interrupt()
    early.trigger()
    early.ends_by(lambda: ended.append("early"))
    late.ends_by(lambda: ended.append("late"))
    late.trigger()
    late.trigger()
    assert ended == ["early", "late"]
