"""What the tests on a real engine do to Trusses and see of their containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_handle.registry import instance_id
from truss_handle.runtimes.docker_container import of_instance
from truss_handle.runtimes.docker_engine import engine

if TYPE_CHECKING:
    from pathlib import Path

    from docker.models.containers import Container


def edit(truss: Path, old: str, new: str, file: str = "model/model.py") -> None:
    """As a user would: one change, saved."""
    path = truss / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} does not occur exactly once in {file}"
    path.write_text(text.replace(old, new))


def containers(truss: Path) -> list[Container]:
    """Every container of the Truss, running or not."""
    with engine() as (client, _):
        return of_instance(client, instance_id(truss, "docker"))


def only_container(truss: Path) -> Container:
    """The one container of the Truss."""
    (found,) = containers(truss)
    return found


def in_container(truss: Path, command: str) -> list[str]:
    """What a shell command says inside, by words."""
    status, output = only_container(truss).exec_run(["sh", "-c", command])
    assert status == 0, output.decode()
    return output.decode().split()
