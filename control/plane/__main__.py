"""`python -m control.plane`: exit status 0 ended by a signal, 1 cannot start, 2 wrong usage."""

from __future__ import annotations

import asyncio
import logging
import sys

from control.plane.exceptions import StateError, UsageError
from control.plane.settings import parse_settings


def main() -> int:
    """Runs the control plane until it is told to end."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = parse_settings(sys.argv[1:])
        from control.plane.server import serve

        asyncio.run(serve(settings))
    except (UsageError, StateError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
