"""Arguments that commands share, and the shape of a command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from truss_base.exceptions import NotATruss
from truss_handle.registry import Registry
from truss_handle.runtimes import NAMES
from truss_handle.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from truss_handle.cli.output import Output

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Handler = Callable[[argparse.Namespace, Output], Awaitable[int]]


def add_command(
    commands: Commands,
    name: str,
    handler: Handler,
    text: str,
    *,
    path: bool = True,
    needs_directory: bool = True,
) -> argparse.ArgumentParser:
    """A command with --json and --runtime, and PATH unless it is about no Truss.

    `needs_directory` False: PATH may name something else, or nothing yet.
    """
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    if path:
        parser.add_argument(
            "path",
            metavar="PATH",
            type=Path,
            nargs="?",
            default=Path(),
            help="folder of the Truss (default: this one)",
        )
    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,  # it may have been given before the command
        help="print the result as JSON",
    )
    parser.add_argument(
        "--runtime", choices=NAMES, help="where it runs (default: where it runs already, or local)"
    )
    parser.set_defaults(handler=handler, needs_directory=path and needs_directory)
    return parser


def require_directory(arguments: argparse.Namespace) -> None:
    """Raises NotATruss where PATH is no directory, and no instance is left of one there."""
    if not arguments.needs_directory or arguments.path.is_dir():
        return
    if arguments.path.exists():
        raise NotATruss(f"{arguments.path} is no directory")
    if Registry(Settings.from_environment()).find(arguments.path) is None:
        raise NotATruss(f"there is no directory {arguments.path}")


def seconds(text: str) -> float:
    """A positive number of seconds, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number of seconds")
    return value


def port(text: str) -> int:
    """A TCP port, for argparse."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (1 to 65535)")
    return int(text)


def count(text: str) -> int:
    """A number of things, for argparse."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of lines")
    return int(text)


def chosen(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """The named arguments as keywords."""
    return {name: getattr(arguments, name) for name in names}
