"""The builder's stream, as progress and as one message when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from truss_handle.runtimes.docker_build import BuildOutput
from truss_handle.values import ProgressEvent

LOG = Path("build.log")


def follow(*events: dict[str, Any]) -> tuple[BuildOutput, list[ProgressEvent]]:
    output = BuildOutput()
    reported = [output.feed(event) for event in events]
    return output, [event for event in reported if event is not None]


def said(*lines: str) -> list[dict[str, Any]]:
    return [{"stream": f"{line}\n"} for line in lines]


def test_steps_that_take_time_are_reported_with_their_share() -> None:
    _, reported = follow(*said("Step 1/4 : FROM base", "Step 2/4 : USER root", "Step 3/4 : RUN x"))
    assert [(event.message, event.percent) for event in reported] == [
        ("FROM base", 25),
        ("RUN x", 75),
    ]


def test_packages_on_their_way_are_reported() -> None:
    _, reported = follow(*said("Step 1/2 : RUN pip", "Collecting torch", "  noise", "Using cached"))
    assert [event.message for event in reported] == ["RUN pip", "Collecting torch"]


def test_a_failure_names_the_step_its_last_words_and_the_log() -> None:
    output, _ = follow(
        *said(
            "Step 7/9 : RUN pip install nonesuch",
            " ---> Running in 3f2a",
            "\x1b[91mERROR: No matching distribution found for nonesuch\x1b[0m",
            "Removing intermediate container 3f2a",
        ),
        {"error": "The command '/bin/sh -c pip' returned a non-zero code: 1"},
    )
    failure = output.failure(LOG)
    assert str(failure) == (
        "the image does not build, at `RUN pip install nonesuch`: "
        "ERROR: No matching distribution found for nonesuch"
    )
    assert failure.hint == "all of the output: build.log"


def test_a_base_image_that_cannot_be_had_hints_at_another() -> None:
    output, _ = follow(*said("Step 1/9 : FROM nowhere/none"), {"error": "pull access denied"})
    failure = output.failure(LOG)
    assert str(failure).endswith("at `FROM nowhere/none`: pull access denied")
    assert failure.hint.startswith("--base-image names another")


def test_the_image_is_what_the_builder_says() -> None:
    output, _ = follow({"aux": {"ID": "sha256:abc"}})
    assert output.image == "sha256:abc"
    assert output.error is None
