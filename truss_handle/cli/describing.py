"""Commands about the definitions themselves: schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from truss_handle.cli import exit_codes
from truss_handle.cli.arguments import add_command

if TYPE_CHECKING:
    import argparse

    from truss_handle.cli.arguments import Commands
    from truss_handle.cli.output import Output


def add_commands(commands: Commands) -> None:
    """Register this group."""
    add_command(commands, "schema", _schema, "print the JSON schema of config.yaml", path=False)


async def _schema(arguments: argparse.Namespace, output: Output) -> int:
    from truss_base.schema import config_schema  # heavy, and only needed here

    schema = config_schema()
    output.result({"schema": schema}, [json.dumps(schema, indent=2, ensure_ascii=False)])
    return exit_codes.OK
