"""The environment an inference process starts with. A pure function."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# A developer's shell holds cloud keys and tokens that a model has no business with: what it needs
# beyond these it declares in its config.
ALLOWED = frozenset(
    {
        "HOME",
        "LANG",
        "LANGUAGE",
        "LD_LIBRARY_PATH",
        "LOGNAME",
        "PATH",
        "SHELL",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "TERM",
        "TMPDIR",
        "TZ",
        "USER",
        "XDG_CACHE_HOME",
        "HF_HOME",
        "TORCH_HOME",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
    }
)
ALLOWED_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "ROCR_", "HIP_", "OMP_", "MKL_")
# Ours, or meant for the control plane's own interpreter.
NEVER = frozenset({"VIRTUAL_ENV", "PYTHONHOME", "__PYVENV_LAUNCHER__"})
NEVER_PREFIXES = ("CONTROL_TRUSS_",)
SECRET_PREFIX = "TRUSS_SECRET_"


@dataclass(frozen=True, slots=True)
class ProcessEnvironment:
    """The interpreter of an inference process and its variables. Equal ones are interchangeable."""

    python: Path
    variables: Mapping[str, str]


def inference_environment(
    own: Mapping[str, str],
    declared: Mapping[str, str],
    *,
    python: Path,
    secrets: Iterable[str] = (),
    inherit: bool = False,
    hidden_import_root: str = "",
) -> ProcessEnvironment:
    """What an inference process is started with.

    Args:
        own: this process's environment.
        declared: the config's `environment_variables`, which win.
        python: the interpreter that will run; its folder comes first on PATH.
        secrets: names the config declares; `TRUSS_SECRET_<name>` is passed on for these only.
        inherit: pass on everything (in a container it is the image's environment).
        hidden_import_root: removed from PYTHONPATH, so that nothing of ours shadows the user's.
    """
    allowed_secrets = {SECRET_PREFIX + name for name in secrets}
    environment = {
        name: value
        for name, value in own.items()
        if name in allowed_secrets or _passes(name, inherit=inherit)
    }
    _hide(environment, hidden_import_root)
    environment["PATH"] = _with_first(str(python.parent), environment.get("PATH", os.defpath))
    # Lines of the model reach the log when they are printed, not when a buffer is full.
    environment["PYTHONUNBUFFERED"] = "1"
    environment.update(declared)
    return ProcessEnvironment(python, environment)


def without_secrets(own: Mapping[str, str]) -> dict[str, str]:
    """The variables for a program that is not the model."""
    return {name: value for name, value in own.items() if not name.startswith(SECRET_PREFIX)}


def _passes(name: str, *, inherit: bool) -> bool:
    if name in NEVER or name.startswith((*NEVER_PREFIXES, SECRET_PREFIX)):
        return False
    return inherit or name in ALLOWED or name.startswith(ALLOWED_PREFIXES)


def _hide(environment: dict[str, str], root: str) -> None:
    parts = environment.pop("PYTHONPATH", "").split(os.pathsep)
    kept = [part for part in parts if part and part != root]
    if kept:
        environment["PYTHONPATH"] = os.pathsep.join(kept)


def _with_first(folder: str, path: str) -> str:
    rest = [part for part in path.split(os.pathsep) if part != folder]
    return os.pathsep.join([folder, *rest])
