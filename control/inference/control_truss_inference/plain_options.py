"""The options of plain mode."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PlainOptions:
    """Where to listen and what to serve. `drain_timeout`: seconds for requests after SIGTERM."""

    host: str
    port: int
    release_dir: str
    config_file: str
    secrets_dir: Path | None
    drain_timeout: float


def parse(arguments: list[str]) -> PlainOptions:
    """Leaves through SystemExit, with what is wrong, where the arguments are."""
    options = vars(_parser().parse_args(arguments))
    del options["plain"]
    return PlainOptions(**options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="control_truss_inference --plain", description=__doc__)
    parser.add_argument("--plain", action="store_true", help="serve one release on a TCP port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--release-dir", required=True, help="the tree of the Truss")
    text = "its configuration, a complete dump in JSON"
    parser.add_argument("--config-file", required=True, help=text)
    parser.add_argument("--secrets-dir", type=Path, help="directory with one file per secret")
    parser.add_argument("--drain-timeout", type=float, default=30.0, help="seconds after SIGTERM")
    return parser
