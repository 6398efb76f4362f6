"""The entry point of `control-truss`: parse, run one command, turn failures into exit codes."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import TYPE_CHECKING

from truss_base.exceptions import TrussBaseError
from truss_handle.cli import asking, authoring, changing, describing, exit_codes, lifecycle, machine
from truss_handle.cli.output import Output
from truss_handle.exceptions import HandleError
from truss_handle.extras import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status. Usage errors raise SystemExit(2), as argparse does."""
    arguments = build_parser().parse_args(argv)
    output = Output(as_json=arguments.json)
    try:
        return int(asyncio.run(arguments.handler(arguments, output)))
    except KeyboardInterrupt:
        output.note("interrupted")
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`| head`); Python would complain again while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.OK
    except (HandleError, TrussBaseError) as error:
        output.error(error)
        return exit_codes.code_of(error)
    except ModuleNotFoundError as error:
        missing = missing_extra(error.name)
        if missing is None:
            raise
        output.error(missing)
        return exit_codes.code_of(missing)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="control-truss",
        description="Run a Truss, and change what runs by saving.",
        epilog="Exit status: 0 done, 1 failure, 2 usage, 3 nothing runs, 4 a patch cannot do it,"
        " 5 the new version failed and the old one still answers, 6 this machine lacks something.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in (authoring, lifecycle, changing, asking, describing, machine):
        group.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
