"""What the control plane is started with."""

from __future__ import annotations

import argparse
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

Option = dict[str, Any]
MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. Durations in seconds, sizes in bytes."""

    state: Path
    truss: Path | None
    external_packages: bool
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
    given = vars(_parser().parse_args(arguments))
    is_open = given.pop("insecure_no_auth")
    settings = Settings(
        **{
            **given,
            "state": given["state"].absolute(),
            "inference_python": given["inference_python"].absolute(),
            "secrets_dir": given["secrets_dir"] and given["secrets_dir"].absolute(),
            "system_packages": given["system_packages"] == "apt",
            "allowed_hosts": tuple(given["allowed_hosts"]),
            "settles": given["settles"] == "auto",
        }
    )
    if is_open and not is_loopback(settings.host):
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
    for flag, option in _OPTIONS.items():
        parser.add_argument(flag, **option)
    access = parser.add_mutually_exclusive_group(required=True)
    for flag, option in _ACCESS.items():
        access.add_argument(flag, **option)
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise argparse.ArgumentTypeError("must be more than 0 seconds")
    return seconds


def _limit(of_what: str, seconds: float) -> Option:
    return {"type": _seconds, "default": seconds, "help": f"limit of {of_what}, in seconds"}


_ACCESS: dict[str, Option] = {
    "--token-file": {"type": Path, "help": "holds the bearer token; mode 0600"},
    "--insecure-no-auth": {"action": "store_true", "help": "no token; loopback only"},
}
# What is not named after its setting names it as `dest`.
_OPTIONS: dict[str, Option] = {
    "--state": {
        "type": Path,
        "required": True,
        "help": "folder that keeps the releases; survives restarts",
    },
    "--truss": {"type": Path, "help": "the Truss that fills an empty state folder"},
    # What was copied for us holds them in their place, and their directories are not here.
    "--external-packages": {
        "action": "store_true",
        "help": "--truss is where it is written: take in what its external_package_dirs name",
    },
    "--inference-python": {
        "type": Path,
        "required": True,
        "help": "interpreter that runs the Model",
    },
    "--host": {"default": "127.0.0.1"},
    "--port": {
        "type": int,
        "default": 8080,
        "help": "0 picks a free one; --ready-file tells which",
    },
    "--ready-file": {"type": Path, "help": "written once the control API answers"},
    "--secrets-dir": {"type": Path, "help": "one file per secret"},
    "--load-timeout": _limit("load()", 600.0),
    "--install-timeout": _limit("installing what a patch asks for", 900.0),
    "--download-timeout": _limit("fetching what external_data names", 3600.0),
    "--drain-timeout": _limit("requests in flight", 60.0),
    "--system-packages": {
        "choices": ["none", "apt"],
        "default": "none",
        "help": "with apt a patch may add packages to the system: for containers only",
    },
    "--index-settings": {
        "type": Path,
        "help": "JSON object of variables that installers get beside this process's own",
    },
    "--body-limit": {
        "type": int,
        "default": 64 * MEBIBYTE,
        "help": "limit of a patch, in bytes",
    },
    "--blob-limit": {"type": int, "default": 64 * GIBIBYTE, "help": "limit of a blob, in bytes"},
    "--allow-host": {
        "dest": "allowed_hosts",
        "metavar": "NAME",
        "action": "append",
        "default": [],
        "help": "another name clients reach this by",
    },
    "--inherit-environment": {
        "action": "store_true",
        "help": "the Model sees this process's environment (in a container, the image's)",
    },
    "--no-spare": {
        "dest": "spare",
        "action": "store_false",
        "help": "keep no second interpreter ready: less memory, slower patches",
    },
    "--settle": {
        "dest": "settles",
        "choices": ("auto", "never"),
        "default": "auto",
        "help": "whether the live version is loaded afresh, in the background, after hot patches",
    },
    # An edit is often followed by another; loading in between would only take the spare away.
    "--settle-after": {
        "type": _seconds,
        "default": 5.0,
        "help": "how long editing has to pause before that, in seconds",
    },
    "--healthy-after": {
        "type": _seconds,
        "default": 10.0,
        "help": "seconds in which a version has to live and answer before it is one to go back to",
    },
    "--memory-margin": {
        "type": int,
        "default": 256 * MEBIBYTE,
        "help": "bytes that stay free; without room for two processes the old one is ended first",
    },
}
