"""``python -m lsp_server [--stdio]``: claims stdin and stdout for the protocol, then serves."""

from __future__ import annotations

import gc
import os
import sys
from typing import BinaryIO


def claim_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Private copies of stdin and stdout for the protocol; the public ones become harmless.

    A stray ``print``, in a library or in a child process, would otherwise end up between two
    messages and break the stream. Duplicated descriptors are not inherited by children.
    """
    reader = os.fdopen(os.dup(0), "rb")
    writer = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return reader, writer


def main(arguments: list[str] | None = None) -> int:
    """Serves until the client leaves. Exit code: 0 after shutdown and exit, else 1; 2: usage."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments not in ([], ["--stdio"]):
        print("usage: python -m lsp_server [--stdio]", file=sys.stderr)
        return 2
    reader, writer = claim_stdio()
    gc.disable()  # what is imported now stays: `server` says when looking for garbage is worth it
    from lsp_server.server import run

    return run(reader, writer)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Not sys.exit: it would wait for worker threads that may sit in a call of the Docker engine.
    os._exit(code)
