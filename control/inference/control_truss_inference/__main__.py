"""The command line: `--socket PATH --control-fd N`, or `--plain --port N --release-dir DIR ...`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from pathlib import Path


def main() -> None:
    """Runs the server; leaves through SystemExit (0 drained, 1 load failed, 2 usage)."""
    # "" is the directory we happen to be started in: no part of the user's environment.
    sys.path[:] = [entry for entry in sys.path if entry]
    options = _options()
    try:
        from . import process
        from .service import Service  # noqa: F401  # the whole serving stack, before it is frozen
    except ImportError as exc:
        sys.exit(f"control-truss: the inference environment is incomplete: {exc}")
    process.tidy_streams()
    gc.collect()
    gc.freeze()  # the serving stack lives as long as the process
    sys.exit(_run_plain(options) if options.plain else _run_managed(options))


def _run_managed(options: argparse.Namespace) -> int:
    from . import managed

    return asyncio.run(managed.serve(options.socket, options.control_fd))


def _run_plain(options: argparse.Namespace) -> int:
    from . import plain
    from .exceptions import ReleaseError
    from .release import Release

    secrets_dir = Path(options.secrets_dir) if options.secrets_dir else None
    try:
        release = Release.read(options.release_dir, options.config_file)
        serving = plain.serve(
            options.host, options.port, release, secrets_dir, options.drain_timeout
        )
        return asyncio.run(serving)
    except ReleaseError as exc:
        sys.exit(f"control-truss: {exc}")
    except OSError as exc:
        sys.exit(f"control-truss: {options.host}:{options.port} cannot be listened on: {exc}")


def _options() -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args()
    needed = ("release_dir", "config_file") if options.plain else ("socket", "control_fd")
    for name in needed:
        if getattr(options, name) is None:
            parser.error(f"--{name.replace('_', '-')} is required")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="control_truss_inference", description=__doc__)
    parser.add_argument("--socket", help="Unix socket to serve on (managed mode)")
    parser.add_argument("--control-fd", type=int, help="inherited end of the control channel")
    parser.add_argument("--plain", action="store_true", help="serve one release on a TCP port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--release-dir", help="the tree of the Truss")
    parser.add_argument("--config-file", help="its configuration, a complete dump in JSON")
    parser.add_argument("--secrets-dir", help="directory with one file per secret")
    parser.add_argument("--drain-timeout", type=float, default=30.0, help="seconds after SIGTERM")
    return parser


if __name__ == "__main__":
    main()
