"""What belongs to packages that the user's code imports, recognised without importing them.

A value can only be of such a class once its module is there. What is imported here would be in
every spare, whether a model needs it or not.
"""

from __future__ import annotations

import sys
from typing import Any


def imported(module: str, name: str) -> Any:
    """What `module` calls `name`; None when nobody has imported it."""
    return getattr(sys.modules.get(module), name, None)


def is_a(value: Any, module: str, name: str) -> bool:
    """Whether the value is an instance of that class."""
    kind = imported(module, name)
    return kind is not None and isinstance(value, kind)
