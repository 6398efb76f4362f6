"""How the program `uv` is run: its surroundings, its words. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# uv does not read pip's settings. Whoever has configured pip for a company's index expects
# that index to be asked, and no other.
_FROM_PIP = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_CERT": "SSL_CERT_FILE",
}
# Settings of indexes and proxies that mean the same on another machine.
_NETWORK = re.compile(
    r"(?i)(UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|INDEX_STRATEGY|INDEX_.+_(USERNAME|PASSWORD))"
    r"|PIP_(INDEX_URL|EXTRA_INDEX_URL)|(https?|all|no)_proxy)"
)
_ONLY_HERE = re.compile(r"(?i)file:|//([^/@]*@)?(localhost|127\.|\[::1\])")
_DECORATION = re.compile(r"^[\s×╰─▶│├└]*(?:error:\s+)?")
_CAUSE = re.compile(r":?\n\s*cause:\s+")


# What of a lock is installed: neither the project itself nor what only its developers need.
EXPORT = ("export", "--frozen", "--no-emit-project", "--no-dev", "--no-header", "--no-annotate")


def surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment to run uv in: the machine's settings of indexes and certificates hold."""
    ours = {name: value for name, value in environ.items() if name != "VIRTUAL_ENV"}
    ours |= {"UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1"}
    for pip, uv in _FROM_PIP.items():
        if pip in environ:
            ours.setdefault(uv, environ[pip])
    return ours


def network_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What of the machine's settings an installer in a container needs. May hold passwords."""
    return {
        name: value
        for name, value in environ.items()
        if _NETWORK.fullmatch(name) and not _ONLY_HERE.search(value)
    }


def complaint(message: str) -> str:
    """uv's own words on one line, without the drawing around them."""
    joined = _CAUSE.sub(": ", message)
    lines = [_DECORATION.sub("", line).strip() for line in joined.splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("warning:"))
