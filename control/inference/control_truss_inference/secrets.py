"""The secrets a Truss declares, looked up when the model asks for them.

Order: the file `<secrets_dir>/<name>`, the environment variable `TRUSS_SECRET_<name>`, the value in
the config. Read at each access, so that a rotated secret is seen, and never kept by us.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .exceptions import SecretNotFound

ENVIRONMENT_PREFIX = "TRUSS_SECRET_"


class Secrets(Mapping[str, str]):
    """A mapping for look-up only. Raises SecretNotFound for a name without a value."""

    def __init__(self, declared: Mapping[str, Any], directory: Path | None) -> None:
        self._declared = declared
        self._directory = directory

    def __getitem__(self, name: str) -> str:
        if name not in self._declared:
            raise SecretNotFound(
                f"Secret '{name}' is not declared: "
                f"add `{name}: null` under `secrets:` in config.yaml."
            )
        value = self._from_file(name) or os.environ.get(ENVIRONMENT_PREFIX + name)
        value = value or self._declared[name]
        if not value:
            raise SecretNotFound(self._missing(name))
        return str(value)

    def __iter__(self) -> Iterator[str]:
        raise TypeError("Secrets are looked up by name; they cannot be listed.")

    def __len__(self) -> int:
        raise TypeError("Secrets are looked up by name; they cannot be counted.")

    def __bool__(self) -> bool:
        return bool(self._declared)

    def __repr__(self) -> str:
        return f"<Secrets: {', '.join(sorted(self._declared)) or 'none declared'}>"

    def _from_file(self, name: str) -> str | None:
        # Only declared names get here, but a declared name may still hold a separator.
        if self._directory is None or Path(name).name != name:
            return None
        try:
            return (self._directory / name).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    @staticmethod
    def _missing(name: str) -> str:
        return (
            f"the secret `{name}` has no value: set {ENVIRONMENT_PREFIX}{name}, or put it into "
            "~/.truss/config.yaml under `secrets`, then run `control-truss up` again"
        )
