"""The entry point of `control-truss`: parse, run one command, turn failures into exit codes."""

from __future__ import annotations

import argparse
import asyncio
import errno
import sys
from typing import TYPE_CHECKING, NoReturn

from truss_base.exceptions import TrussBaseError
from truss_handle.cli import asking, authoring, changing, describing, exit_codes, lifecycle, machine
from truss_handle.cli.arguments import require_directory
from truss_handle.cli.output import Output
from truss_handle.exceptions import HandleError, MachineProblem
from truss_handle.extras import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status. Usage errors raise SystemExit(2), as argparse does."""
    arguments = build_parser().parse_args(argv)
    output = Output(as_json=arguments.json)
    try:
        require_directory(arguments)
        return int(asyncio.run(arguments.handler(arguments, output)))
    except KeyboardInterrupt:
        output.note("interrupted")
        return exit_codes.INTERRUPTED
    except (HandleError, TrussBaseError) as error:
        output.error(error)
        return exit_codes.code_of(error)
    except ModuleNotFoundError as error:
        missing = missing_extra(error.name)
        if missing is None:
            raise
        output.error(missing)
        return exit_codes.code_of(missing)
    except OSError as error:
        # The last resort: a state or cache folder that cannot be used, a full disk.
        problem = _machine_problem(error)
        output.error(problem)
        return exit_codes.code_of(problem)


def _machine_problem(error: OSError) -> MachineProblem:
    name = errno.errorcode.get(error.errno or 0, type(error).__name__)
    where = f"{error.filename}: " if error.filename is not None else ""
    return MachineProblem(
        f"{where}{error.strerror or error} ({name})",
        hint="`control-truss doctor` checks the folders of this machine",
    )


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="control-truss",
        description="Run a Truss, and change what runs by saving.",
        epilog="Exit status: 0 done, 1 failure, 2 usage, 3 nothing runs, 4 a patch cannot do it,"
        " 5 the new version failed and the old one still answers, 6 this machine lacks something.",
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="print the version")
    parser.add_argument("--json", action="store_true", help="as after the command")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for group in (authoring, lifecycle, changing, asking, describing, machine):
        group.add_commands(commands)
    return parser


class _ShowVersion(argparse.Action):
    """As argparse's own, except that the version is looked up when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_given: object) -> NoReturn:
        from importlib.metadata import version

        print(f"control-truss {version('control-truss')}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
