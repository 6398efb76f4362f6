"""What this server is made of, for reports of faults."""

from __future__ import annotations

import platform

from lsp_server import __version__

PACKAGES = ("pygls", "lsprotocol", "PyYAML", "httpx", "docker")


def versions() -> dict[str, str]:
    """Name → version; what is not installed says so."""
    # Imported here: it reads mail headers, which takes longer than all of this server.
    from importlib.metadata import PackageNotFoundError, version

    found = {"control-truss": __version__, "Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
