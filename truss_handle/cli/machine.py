"""Commands about this machine: doctor, lsp."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, NoReturn

from truss_handle.cli import exit_codes
from truss_handle.cli.arguments import add_command
from truss_handle.doctor import examine
from truss_handle.extras import missing_extra
from truss_handle.settings import Settings

if TYPE_CHECKING:
    import argparse

    from truss_handle.cli.arguments import Commands
    from truss_handle.cli.output import Output


def add_commands(commands: Commands) -> None:
    """Register this group."""
    add_command(commands, "doctor", _doctor, "check what this machine has", path=False)
    lsp = add_command(commands, "lsp", _lsp, "run the language server", path=False)
    lsp.add_argument("--stdio", action="store_true", help="speak on stdin and stdout (the default)")


async def _doctor(arguments: argparse.Namespace, output: Output) -> int:
    checks = await examine(Settings.from_environment())
    marks = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}
    lines = [
        f"{marks[c.level]} {c.subject}: {c.message}" + (f" ({c.hint})" if c.hint else "")
        for c in checks
    ]
    broken = any(check.level == "error" for check in checks)
    output.result({"ok": not broken, "checks": [asdict(check) for check in checks]}, lines)
    return exit_codes.ENVIRONMENT if broken else exit_codes.OK


async def _lsp(arguments: argparse.Namespace, output: Output) -> NoReturn:
    if importlib.util.find_spec("pygls") is None and (missing := missing_extra("pygls")):
        raise missing
    # By name: the language server is built on this package, not the other way round.
    os.execv(sys.executable, [sys.executable, "-m", "lsp_server"])
