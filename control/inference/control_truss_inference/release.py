"""One release on disk: the tree of a Truss and its complete configuration."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from .exceptions import ReleaseError


@dataclass(frozen=True)
class Release:
    """The tree of a Truss at `root` (absolute, resolved) and what its config says about it."""

    root: Path
    config: Mapping[str, Any]

    @classmethod
    def read(cls, release_dir: str, config_file: str) -> Release:
        """Reads the JSON config dump. Raises ReleaseError when either cannot be read."""
        root = Path(release_dir).resolve()
        if not root.is_dir():
            raise ReleaseError(f"The release directory {release_dir} does not exist.")
        try:
            config = json.loads(Path(config_file).read_bytes())
        except (OSError, ValueError) as exc:
            raise ReleaseError(f"The config file {config_file} cannot be read: {exc}") from exc
        if not isinstance(config, dict):
            raise ReleaseError(f"The config file {config_file} does not hold a mapping.")
        return cls(root, config)

    def _text(self, key: str, default: str) -> str:
        return str(self.config.get(key) or default)

    def _section(self, key: str) -> Mapping[str, Any]:
        value = self.config.get(key)
        return value if isinstance(value, dict) else {}

    @property
    def model_file(self) -> Path:
        directory = self._text("model_module_dir", "model")
        return self.root / directory / self._text("model_class_filename", "model.py")

    @property
    def model_module(self) -> str:
        """The dotted name the model is imported by, e.g. `model.model`."""
        relative = self.model_file.relative_to(self.root).with_suffix("")
        return ".".join(relative.parts)

    @property
    def model_class(self) -> str:
        return self._text("model_class_name", "Model")

    @property
    def packages_dir(self) -> Path:
        return self.root / self._text("bundled_packages_dir", "packages")

    @property
    def data_dir(self) -> Path:
        return self.root / self._text("data_dir", "data")

    @property
    def declared_secrets(self) -> Mapping[str, Any]:
        return self._section("secrets")

    @property
    def environment_variables(self) -> Mapping[str, str]:
        return {str(k): str(v) for k, v in self._section("environment_variables").items()}

    @property
    def predict_concurrency(self) -> int:
        return max(1, int(self._runtime_number("predict_concurrency", 1)))

    @property
    def streaming_read_timeout(self) -> float:
        """Seconds a stream may stay silent between two chunks before it is given up."""
        return self._runtime_number("streaming_read_timeout", 60)

    def _runtime_number(self, key: str, default: float) -> float:
        # A config of a newer version, or a hand-written one, must never stop the server.
        try:
            return float(self._section("runtime").get(key) or default)
        except (TypeError, ValueError):
            return float(default)
