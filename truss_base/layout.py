"""Which file of a Truss is which module, and where its model stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base import paths
from truss_base.model_place import model_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config import TrussConfig


@dataclass(frozen=True, slots=True)
class Layout:
    """`packages` is the directory whose content is importable by its own names; the model is loaded
    from `entry_path`, whatever else would be imported by the name of its module."""

    packages: str
    entry_path: str
    entry_module: str
    entry_class: str

    @classmethod
    def of(cls, config: TrussConfig) -> Layout:
        """The layout that a config describes. Raises PathError when it leaves the Truss."""
        model = model_path(config)
        return cls(
            packages=paths.directory(config.bundled_packages_dir),
            entry_path=model,
            entry_module=_dotted(model),
            entry_class=config.model_class_name,
        )

    def module_name(self, path: str) -> str:
        """The name that the file at `path` is imported by."""
        below = paths.below(path, self.packages)
        return _dotted(path if below is None else below)

    def places(self, module: str) -> Iterator[str]:
        """The paths at which a module is looked for, in order."""
        if module == self.entry_module:
            yield self.entry_path
            return
        stem = module.replace(".", "/")
        for base in (stem, f"{self.packages}/{stem}"):
            yield f"{base}/__init__.py"
            yield f"{base}.py"


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
