"""The commands of the local runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_handle.model_secrets import without_secrets
from truss_handle.runtimes.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from truss_handle.bundle import Bundle
    from truss_handle.interpreters import Interpreter
    from truss_handle.runtimes.base import Launch

DRAIN_LIMIT = 10.0  # seconds for requests in flight when a server is told to end

# The model's interpreter must see our package behind everything of the user's.
_BOOT = (
    "import sys; sys.path.append({folder!r});"
    " from control_truss_inference.__main__ import main; main()"
)


@dataclass(frozen=True, slots=True)
class Ready:
    """What a start takes from the cache."""

    bundle: Bundle
    interpreter: Interpreter
    model_python: Path
    control_python: Path


def control_command(launch: Launch, ready: Ready, ready_file: Path) -> list[str]:
    """The control plane; to be run in the bundle's folder."""
    arguments = _words(
        {
            "--state": launch.directory / "state",
            "--truss": launch.truss_dir,
            "--inference-python": ready.model_python,
            "--host": LOOPBACK,
            "--port": launch.options.port or 0,
            "--token-file": launch.token_file,
            "--ready-file": ready_file,
            "--secrets-dir": launch.secrets_dir,
            "--load-timeout": launch.options.load_timeout,
            "--drain-timeout": DRAIN_LIMIT,
        }
    )
    return [str(ready.control_python), "-m", "control.plane", "--external-packages", *arguments]


def plain_command(
    launch: Launch, ready: Ready, port: int, release: Path, config_file: Path
) -> list[str]:
    """The model's server alone."""
    boot = _BOOT.format(folder=str(ready.bundle.inference_dir))
    arguments = _words(
        {
            "--host": LOOPBACK,
            "--port": port,
            "--release-dir": release,
            "--config-file": config_file,
            "--secrets-dir": launch.secrets_dir,
        }
    )
    return [str(ready.model_python), "-c", boot, "--plain", *arguments]


def _words(options: Mapping[str, object]) -> list[str]:
    given = [(name, str(value)) for name, value in options.items() if value is not None]
    return [word for pair in given for word in pair]


def server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a server inherits: neither secrets nor the settings of our own interpreter."""
    ours = without_secrets(environ)
    # Settings of the interpreter we run in mean something else to the server's.
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV"):
        ours.pop(name, None)
    return ours
