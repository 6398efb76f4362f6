"""Images that do not build: one message that names the step and says why."""

from __future__ import annotations

import asyncio
import io
import time
from pathlib import Path

import pytest
from docker_trusses import containers, edit

from truss_handle import operations
from truss_handle.exceptions import DockerUnavailable, ImageFailed
from truss_handle.runtimes.docker_build import prune
from truss_handle.runtimes.docker_engine import engine
from truss_handle.values import ProgressEvent, StartOptions

pytestmark = pytest.mark.docker

DOCKER = StartOptions(runtime="docker")


@pytest.mark.parametrize(
    ("addition", "options", "step", "reason"),
    [
        ("requirements: [no-such-package-x1y2]", DOCKER, "pip --python", "no-such-package-x1y2"),
        ("build_commands: ['echo so far && false']", DOCKER, "RUN echo so far", "so far"),
        ("base_image: {image: nowhere.invalid/none}", DOCKER, "FROM nowhere.invalid", "nowhere"),
        ("system_packages: [no-such-package-x1y2]", DOCKER, "RUN apt-get", "no-such-package-x1y2"),
    ],
)
async def test_the_message_names_the_step_and_the_reason(
    truss: Path, addition: str, options: StartOptions, step: str, reason: str
) -> None:
    with (truss / "config.yaml").open("a") as config:
        config.write(f"{addition}\n")
    with pytest.raises(ImageFailed) as failed:
        await operations.start(truss, options)
    message = str(failed.value)
    assert "\n" not in message
    assert f"at `{step}" in message.replace("/control/tools/bin/", "").replace("`RUN pip", "`pip")
    assert reason in message.partition("`: ")[2]
    assert reason in log_named_by(failed.value.hint)
    assert containers(truss) == []


def log_named_by(hint: str) -> str:
    return Path(hint.rpartition(": ")[2]).read_text()


async def test_a_base_image_with_another_python_is_refused(truss: Path) -> None:
    edit(truss, "py311", "py312", "config.yaml")
    with pytest.raises(ImageFailed, match=r"has Python 3\.11, but python_version asks for 3\.12"):
        await operations.start(truss, DOCKER)


async def test_a_ca_bundle_that_is_no_file(truss: Path, tmp_path: Path) -> None:
    options = StartOptions(runtime="docker", ca_bundle=tmp_path / "missing.pem")
    with pytest.raises(ImageFailed, match=r"missing\.pem is no file"):
        await operations.start(truss, options)


async def test_no_engine_is_one_clear_message(
    truss: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/dead.sock")
    with pytest.raises(DockerUnavailable, match="no Docker engine answers at unix://") as failed:
        await operations.start(truss, DOCKER)
    assert "dead.sock (DOCKER_HOST): No such file" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert "start Docker" in failed.value.hint
    monkeypatch.delenv("DOCKER_HOST")  # what cleans up after the test has to find the engine


async def test_a_build_reports_its_progress(truss: Path) -> None:
    (truss / "config.yaml").write_text("build_commands: ['false']\npython_version: py311\n")
    events: list[ProgressEvent] = []
    with pytest.raises(ImageFailed):
        await operations.start(truss, DOCKER, events.append)
    messages = [event.message for event in events if event.stage == "image"]
    assert messages[0].startswith("building an image on control-truss-base")
    assert "RUN false" in messages
    shares = [event.percent for event in events if event.percent is not None]
    assert shares == sorted(shares)


async def test_a_build_that_is_given_up_ends_at_once_and_leaves_nothing(truss: Path) -> None:
    with (truss / "config.yaml").open("a") as config:
        config.write("build_commands: ['sleep 1000']\n")
    sleeping = asyncio.Event()

    def listen(event: ProgressEvent) -> None:
        if event.message == "RUN sleep 1000":
            sleeping.set()

    start = asyncio.create_task(operations.start(truss, DOCKER, listen))
    await asyncio.wait_for(sleeping.wait(), 200)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(start, 90)
    assert containers(truss) == []
    deadline = time.monotonic() + 90
    while sleepers := await asyncio.to_thread(builders_of, "sleep 1000"):
        assert time.monotonic() < deadline, sleepers
        await asyncio.sleep(0.1)


def test_old_images_of_a_truss_do_not_pile_up(base_image: str) -> None:
    label = "control-truss-test-pile"
    with engine() as (client, _):
        for number in range(3):
            text = f"FROM {base_image}\nENV NUMBER={number}\nLABEL {label}=yes\n"
            client.images.build(fileobj=io.BytesIO(text.encode()), rm=True)
        prune(client, label, keep=2)
        left = client.images.list(filters={"label": label})
        assert {it.attrs["Config"]["Env"][-1] for it in left} == {"NUMBER=1", "NUMBER=2"}
        prune(client, label, keep=0)
        assert client.images.list(filters={"label": label}) == []


def builders_of(command: str) -> list[str]:
    """Containers in which the builder runs `command`."""
    with engine() as (client, _):
        found = client.containers.list(all=True, ignore_removed=True)
        return [str(it.id) for it in found if command in str(it.attrs["Config"]["Cmd"])]
