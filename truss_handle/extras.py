"""Which extra of the distribution brings a module that may be missing."""

from __future__ import annotations

from truss_handle.exceptions import EnvironmentFailed

_EXTRAS = {
    "httptools": "handle",
    "httpx": "handle",
    "uv": "handle",
    "docker": "docker",
    "requests": "docker",  # the engine's client is built on it
    "pygls": "lsp",
    "lsprotocol": "lsp",
}


def missing_extra(module: str | None) -> EnvironmentFailed | None:
    """The failure of a command for want of a module; None for one that no extra brings."""
    name = (module or "").partition(".")[0]
    extra = _EXTRAS.get(name)
    if extra is None:
        return None
    return EnvironmentFailed(
        f"this needs the extra: pip install 'control-truss[{extra}]' ({name} is missing)"
    )
