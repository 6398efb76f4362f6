"""What the control plane is started with."""

from __future__ import annotations

import argparse
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from control.plane.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. Durations in seconds, sizes in bytes."""

    state: Path
    truss: Path | None
    inference_python: Path
    host: str
    port: int
    token_file: Path | None
    ready_file: Path | None
    secrets_dir: Path | None
    load_timeout: float
    install_timeout: float
    system_packages: bool
    index_settings: Path | None
    download_timeout: float
    drain_timeout: float
    body_limit: int
    blob_limit: int
    allowed_hosts: tuple[str, ...]
    inherit_environment: bool
    spare: bool
    healthy_after: float
    settles: bool
    settle_after: float
    memory_margin: int


def parse_settings(arguments: Sequence[str]) -> Settings:
    """Reads the command line.

    Raises:
        UsageError: a combination that cannot be served safely.
        SystemExit: argparse's own complaint (status 2) or `--help`.
    """
    given = _parser().parse_args(arguments)
    settings = Settings(
        state=given.state.absolute(),
        truss=given.truss,
        inference_python=given.inference_python.absolute(),
        host=given.host,
        port=given.port,
        token_file=None if given.insecure_no_auth else given.token_file,
        ready_file=given.ready_file,
        secrets_dir=given.secrets_dir.absolute() if given.secrets_dir else None,
        load_timeout=given.load_timeout,
        install_timeout=given.install_timeout,
        system_packages=given.system_packages == "apt",
        index_settings=given.index_settings,
        download_timeout=given.download_timeout,
        drain_timeout=given.drain_timeout,
        body_limit=given.body_limit,
        blob_limit=given.blob_limit,
        allowed_hosts=tuple(given.allow_host),
        inherit_environment=given.inherit_environment,
        spare=given.spare,
        healthy_after=given.healthy_after,
        settles=given.settle == "auto",
        settle_after=given.settle_after,
        memory_margin=given.memory_margin,
    )
    if given.insecure_no_auth and not is_loopback(settings.host):
        raise UsageError(
            f"--insecure-no-auth is only allowed on loopback, not on {settings.host}: "
            "anybody who reaches this port could run code. Give --token-file instead."
        )
    if not os.access(settings.inference_python, os.X_OK):
        raise UsageError(f"There is no interpreter at {settings.inference_python}.")
    return settings


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m control.plane",
        description="Serves a Truss and patches it while it runs.",
    )
    add = parser.add_argument
    add(
        "--state",
        type=Path,
        required=True,
        help="folder that keeps the releases; survives restarts",
    )
    add("--truss", type=Path, help="the Truss that fills an empty state folder")
    add("--inference-python", type=Path, required=True, help="interpreter that runs the Model")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=8080, help="0 picks a free one; --ready-file tells which")
    token = parser.add_mutually_exclusive_group(required=True)
    token.add_argument("--token-file", type=Path, help="holds the bearer token; mode 0600")
    token.add_argument("--insecure-no-auth", action="store_true", help="no token; loopback only")
    add("--ready-file", type=Path, help="written once the control API answers")
    add("--secrets-dir", type=Path, help="one file per secret")
    add("--load-timeout", type=_seconds, default=600.0, help="limit of load(), in seconds")
    add(
        "--install-timeout",
        type=_seconds,
        default=900.0,
        help="limit of installing what a patch asks for, in seconds",
    )
    add(
        "--download-timeout",
        type=_seconds,
        default=3600.0,
        help="limit of fetching what external_data names, in seconds",
    )
    add(
        "--system-packages",
        choices=["none", "apt"],
        default="none",
        help="with apt a patch may add packages to the system: for containers only",
    )
    add(
        "--index-settings",
        type=Path,
        help="JSON object of variables that installers get beside this process's own",
    )
    add("--drain-timeout", type=_seconds, default=60.0, help="limit of requests in flight")
    add("--body-limit", type=int, default=64 * MEBIBYTE, help="limit of a patch, in bytes")
    add("--blob-limit", type=int, default=64 * GIBIBYTE, help="limit of a blob, in bytes")
    add("--allow-host", action="append", default=[], help="another name clients reach this by")
    add(
        "--inherit-environment",
        action="store_true",
        help="the Model sees this process's environment (for containers, where it is the image's)",
    )
    add(
        "--no-spare",
        dest="spare",
        action="store_false",
        help="keep no second interpreter ready: less memory, slower patches",
    )
    add(
        "--settle",
        choices=("auto", "never"),
        default="auto",
        help="whether the live version is loaded afresh, in the background, after hot patches",
    )
    # An edit is often followed by another; loading in between would only take the spare away.
    add(
        "--settle-after",
        type=_seconds,
        default=5.0,
        help="how long editing has to pause before that, in seconds",
    )
    add(
        "--healthy-after",
        type=_seconds,
        default=10.0,
        help="seconds a new version has to live, and to answer in, before it is one to go back to",
    )
    add(
        "--memory-margin",
        type=int,
        default=256 * MEBIBYTE,
        help="bytes that stay free; without room for a second process the old one is ended first",
    )
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise argparse.ArgumentTypeError("must be more than 0 seconds")
    return seconds
