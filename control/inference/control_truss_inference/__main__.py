"""The command line: `--socket PATH --control-fd N`, or `--plain --release-dir DIR ...`."""

from __future__ import annotations

import asyncio
import gc
import getopt
import sys
from typing import Callable


def main() -> None:
    """Runs the server; leaves through SystemExit (0 drained, 1 load failed, 2 usage)."""
    # "" is the directory we happen to be started in: no part of the user's environment.
    sys.path[:] = [entry for entry in sys.path if entry]
    arguments = sys.argv[1:]
    serve = _plain(arguments) if "--plain" in arguments else _managed(arguments)
    try:
        from . import process
        from .service import Service  # noqa: F401  # the whole serving stack, before it is frozen
    except ImportError as exc:
        sys.exit(f"control-truss: the inference environment is incomplete: {exc}")
    process.tidy_streams()
    gc.collect()
    gc.freeze()  # the serving stack lives as long as the process
    sys.exit(serve())


def _managed(arguments: list[str]) -> Callable[[], int]:
    # argparse would stay in every spare; the control plane makes no mistakes to be explained.
    try:
        given = dict(getopt.getopt(arguments, "", ["socket=", "control-fd="])[0])
        path, descriptor = given["--socket"], int(given["--control-fd"])
    except (getopt.GetoptError, KeyError, ValueError):
        print(__doc__, file=sys.stderr)
        sys.exit(2)

    def serve() -> int:
        from . import managed

        return asyncio.run(managed.serve(path, descriptor))

    return serve


def _plain(arguments: list[str]) -> Callable[[], int]:
    from . import plain_options

    options = plain_options.parse(arguments)

    def serve() -> int:
        from . import plain
        from .exceptions import ReleaseError

        try:
            return asyncio.run(plain.serve(options))
        except ReleaseError as exc:
            sys.exit(f"control-truss: {exc}")
        except OSError as exc:
            place = f"{options.host}:{options.port}"
            sys.exit(f"control-truss: {place} cannot be listened on: {exc}")

    return serve


if __name__ == "__main__":
    main()
