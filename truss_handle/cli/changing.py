"""Commands that change what runs: plan, patch, watch."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from truss_base.exceptions import TrussBaseError
from truss_handle import operations
from truss_handle.cli import exit_codes
from truss_handle.cli.arguments import add_command
from truss_handle.exceptions import HandleError, NotControlTruss, NotRunning
from truss_handle.registry import resolve
from truss_handle.settings import Settings
from truss_handle.watching import Look, changes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from truss_handle.cli.arguments import Commands
    from truss_handle.cli.output import Output
    from truss_handle.values import PatchResult


def add_commands(commands: Commands) -> None:
    """Register this group."""
    add_command(commands, "plan", _plan, "show what a patch would do, and why")
    patch = add_command(commands, "patch", _patch, "bring what runs to the files on disk")
    patch.add_argument("--dry-run", action="store_true", help="check and plan, change nothing")
    patch.add_argument(
        "--strategy",
        choices=("auto", "reload", "restart"),
        default="auto",
        help="reload: load the model again, also where no file has changed;"
        " restart: the same, but end the running one first",
    )
    add_command(commands, "watch", _watch, "patch after every save, until Ctrl-C")


async def _plan(arguments: argparse.Namespace, output: Output) -> int:
    plan = await operations.plan(arguments.path, runtime=arguments.runtime)
    output.result(plan, _plan_lines(plan))
    return exit_codes.OK


def _plan_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    if not plan.get("changed"):
        same = "what ran last" if plan["upper_bound"] else "what runs"
        yield f"nothing to patch: these files are {same}"
        return
    bound = " at most (nothing runs that could say it exactly)" if plan["upper_bound"] else ""
    yield f"{plan['strategy']} {plan['title']}{bound}"
    yield from _reason_lines(plan["reasons"])
    yield from _reservation(plan.get("reservation"))


def _reservation(reservation: str | None) -> Iterator[str]:
    if reservation:
        yield f"  {reservation}"


def _reason_lines(reasons: Sequence[Mapping[str, str]]) -> Iterator[str]:
    for reason in reasons:
        yield f"  {reason['strategy']} {reason['reason']}"


async def _patch(
    arguments: argparse.Namespace, output: Output, changed: Sequence[str] | None = None
) -> int:
    began = time.perf_counter()
    result = await operations.patch(
        arguments.path,
        runtime=arguments.runtime,
        dry_run=arguments.dry_run,
        progress=output.progress,
        changed=changed,
        strategy=arguments.strategy,
    )
    lines = [*_result_lines(result, time.perf_counter() - began)]
    if result.changed and arguments.dry_run:
        lines += _reservation(result.reservation)
    output.result(asdict(result), lines)
    return exit_codes.OK


def _result_lines(result: PatchResult, seconds: float) -> Iterator[str]:
    if not result.changed:
        yield result.msg
        return
    whole = seconds * 1000
    took = result.timings_ms.get("total", whole)
    said = result.msg.rstrip(".") or "patched"
    yield f"{said}: {result.strategy} in {took:.0f} ms ({whole:.0f} ms in all)"
    yield from _reason_lines(result.reasons)


async def _watch(arguments: argparse.Namespace, output: Output) -> int:
    directory = resolve(arguments.path)
    settings = Settings.from_environment()
    # Looked at before the first patch: a save during it must not be missed.
    before = await asyncio.to_thread(Look.at, settings, directory)
    arguments.dry_run, arguments.strategy = False, "auto"
    await _patch(arguments, output)
    output.note(f"watching {directory}; Ctrl-C ends it, the server stays")
    async for changed in changes(settings, directory, before):
        if output.unread:
            break
        try:
            await _patch(arguments, output, changed)
        except (NotRunning, NotControlTruss):
            raise
        except (HandleError, TrussBaseError) as error:
            output.error(error, watching=True)  # the next save may repair it
    return exit_codes.OK
