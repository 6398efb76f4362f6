"""Commands about the files of a Truss: init, validate, hash, signature."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

from truss_base.signature import Signature
from truss_handle.cli import exit_codes
from truss_handle.cli.arguments import add_command
from truss_handle.scaffold import create_truss

if TYPE_CHECKING:
    import argparse

    from truss_handle.cli.arguments import Commands
    from truss_handle.cli.output import Output


def add_commands(commands: Commands) -> None:
    """Register this group."""
    init = add_command(commands, "init", _init, "create a Truss that runs", needs_directory=False)
    init.add_argument("--name", help="the model's name (default: the folder's)")
    add_command(commands, "validate", _validate, "check config.yaml", needs_directory=False)
    add_command(commands, "hash", _hash, "print the hash of a Truss")
    add_command(commands, "signature", _signature, "print the signature of a Truss, as JSON")


async def _init(arguments: argparse.Namespace, output: Output) -> int:
    directory = arguments.path.resolve()
    written = create_truss(directory, name=arguments.name, python=sys.version_info[:2])
    lines = [f"created {arguments.path / path.relative_to(directory)}" for path in written]
    lines.append(f"start it: control-truss up {shlex.quote(str(arguments.path))}")
    output.result({"path": str(directory), "created": [str(path) for path in written]}, lines)
    return exit_codes.OK


async def _validate(arguments: argparse.Namespace, output: Output) -> int:
    from truss_handle.checking import check  # the validator is heavy, and only needed here

    report = await asyncio.to_thread(check, arguments.path)
    lines = [
        f"{f['path']}:{f['line']}:{f['column']}: {f['severity']}: {f['message']} [{f['code']}]"
        for f in report
    ]
    errors = sum(f["severity"] == "error" for f in report)
    lines.append(_summary(report, errors))
    output.result({"ok": not errors, "findings": report}, lines)
    return exit_codes.FAILURE if errors else exit_codes.OK


def _summary(report: list[dict[str, Any]], errors: int) -> str:
    if not report:
        return "no findings"
    return f"{errors} error{'s' * (errors != 1)} in {len(report)} finding{'s' * (len(report) != 1)}"


async def _hash(arguments: argparse.Namespace, output: Output) -> int:
    signature = await asyncio.to_thread(Signature.of, arguments.path)
    output.result({"hash": signature.hash}, [signature.hash])
    return exit_codes.OK


async def _signature(arguments: argparse.Namespace, output: Output) -> int:
    signature = await asyncio.to_thread(Signature.of, arguments.path)
    value = {"hash": signature.hash, **signature.to_dict()}
    output.result(value, [json.dumps(signature.to_dict(), indent=2, ensure_ascii=False)])
    return exit_codes.OK
