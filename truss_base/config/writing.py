"""A config as the text of a file: as little as says the same, always in the same form."""

from __future__ import annotations

import os
import re
import secrets
import stat
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from truss_base.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NO_LIMIT = 2**31  # columns: a line is never folded, so that a changed word changes one line
# Line breaks that people do not see as such, and the byte order mark: written as escapes.
_UNSEEN_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")


def yaml_text(plain: Mapping[str, Any]) -> str:
    """Plain data as YAML 1.1, in block style, the keys in their order.

    Text is quoted only where it would be read as something else; several lines are a block.
    """
    import yaml

    text = yaml.dump(
        dict(plain),
        Dumper=_dumper(),
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=_NO_LIMIT,
    )
    return str(text)


@lru_cache(maxsize=1)
def _dumper() -> Any:
    # Imported here: not everything that knows configs writes YAML.
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True  # the same list twice is written twice

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))

    Dumper.add_representer(str, represent)
    return Dumper


def _style(text: str) -> str | None:
    if _UNSEEN_BREAKS.search(text):
        return '"'
    return "|" if "\n" in text.rstrip("\n") else None


def write_atomically(path: Path, text: str) -> None:
    """Replaces a file (the one a link leads to), or leaves it as it was.

    Raises ConfigError with the system's reason.
    """
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        with temporary.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)
