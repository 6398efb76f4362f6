"""Commands that start and stop: up, down, list."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from truss_handle import operations
from truss_handle.cli import exit_codes
from truss_handle.cli.arguments import add_command, chosen, port, seconds
from truss_handle.registry import resolve
from truss_handle.values import StartOptions

if TYPE_CHECKING:
    import argparse

    from truss_handle.cli.arguments import Commands
    from truss_handle.cli.output import Output
    from truss_handle.values import ProgressEvent, RunningStatus

_INSTANCES = {"local": "local instance", "docker": "docker container"}


def add_commands(commands: Commands) -> None:
    """Register this group."""
    up = add_command(commands, "up", _up, "start a Truss, or bring what runs up to date")
    up.add_argument("--port", type=port, help="port on this machine (default: any free one)")
    up.add_argument("--rebuild", action="store_true", help="stop and build anew what runs")
    up.add_argument("--python", type=Path, help="interpreter for the model (local runtime)")
    up.add_argument(
        "--any-python",
        action="store_true",
        help="run in this Python when the config's version is not installed (local runtime)",
    )
    up.add_argument("--base-image", help="image to build on (docker runtime)")
    up.add_argument("--ca-bundle", type=Path, help="certificates to add to the image (docker)")
    up.add_argument(
        "--load-timeout", type=seconds, default=600.0, help="limit of load(), in seconds"
    )
    add_command(commands, "down", _down, "stop what runs and remove its state")
    add_command(commands, "list", _list, "list what runs", path=False)


async def _up(arguments: argparse.Namespace, output: Output) -> int:
    running = operations.find(arguments.path, arguments.runtime)
    runtime = arguments.runtime or (running.runtime if running else "local")
    names = ("port", "any_python", "python", "base_image", "ca_bundle", "load_timeout")
    options = StartOptions(runtime=runtime, **chosen(arguments, *names))
    if arguments.rebuild and running is not None:
        await operations.rebuild(
            arguments.path, runtime=runtime, options=options, progress=output.progress
        )
    else:
        await _start(arguments.path, options, output)
    status = await operations.status(arguments.path, runtime=runtime)
    output.result(asdict(status), [_line(status)])
    return exit_codes.OK


async def _start(path: Path, options: StartOptions, output: Output) -> None:
    before = await operations.status(path, runtime=options.runtime)
    if not (before.in_sync and before.state == "ready"):
        await operations.start(path, options, output.progress)
        return

    def progress(event: ProgressEvent) -> None:
        if event.stage not in ("load", "ready"):  # nothing is loaded that already answers
            output.progress(event)

    await operations.start(path, options, progress)
    output.note("already running these files")


async def _down(arguments: argparse.Namespace, output: Output) -> int:
    # One instance, as with every command: a container with its patches is not thrown away unasked.
    running = operations.find(arguments.path, arguments.runtime)
    name = running.runtime if running else arguments.runtime
    done = await operations.stop(arguments.path, runtime=name)
    stopped = [name] if done and name else []
    said = [f"stopped the {_INSTANCES[name]}" for name in stopped] or ["nothing was running"]
    output.result(
        {"stopped": bool(stopped), "runtimes": stopped},
        [f"{resolve(arguments.path)}: {line}" for line in said],
    )
    return exit_codes.OK


async def _list(arguments: argparse.Namespace, output: Output) -> int:
    found = [
        status
        for status in await operations.list_running()
        if arguments.runtime in (None, status.runtime)
    ]
    lines = [_line(status) for status in found] or ["nothing is running"]
    output.result({"running": [asdict(status) for status in found]}, lines)
    return exit_codes.OK


def _line(status: RunningStatus) -> str:
    changed = " (the files have changed since)" if status.in_sync is False else ""
    loaded = f", loaded in {status.load_seconds:.1f} s" if status.load_seconds else ""
    where = f" at {status.url}" if status.url else ""
    why = f": {status.message}" if status.message else ""
    return (
        f"{status.truss_dir}: {status.state} on the {status.runtime} runtime"
        f"{where}{loaded}{changed}{why}"
    )
