"""A Truss as the editor has it: its config and its Python files, unsaved text included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from lsp_server.snapshot import CONFIG_NAME, Snapshot
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from lsp_server.documents import Documents
    from truss_base.config import TrussConfig

MOST_FILES = 200  # a Truss with more Python is not looked through while the user waits


@dataclass(frozen=True)
class View:
    """Snapshots of one Truss at one moment. Files that are not open have the version 0."""

    folder: Path
    config: Snapshot
    sources: tuple[Snapshot, ...]

    @cached_property
    def settings(self) -> TrussConfig:
        """The values of the config, as far as they can be read."""
        from truss_base.config import TrussConfig

        return TrussConfig.tolerant(self.config.document.data)

    @property
    def model_path(self) -> Path:
        """Where the config says that the model's class is."""
        return self.folder / self.settings.model_module_dir / self.settings.model_class_filename

    @cached_property
    def model(self) -> Snapshot | None:
        """The model's file; None where there is none."""
        return next((source for source in self.sources if source.path == self.model_path), None)

    @property
    def files(self) -> tuple[Snapshot, ...]:
        """Everything there is, the config first."""
        return (self.config, *self.sources)


def view_of(truss: Path, documents: Documents) -> View | None:
    """Reads what is not open from disk; None without a config."""
    from truss_base.validation.sources import python_paths

    config = _snapshot(truss / CONFIG_NAME, truss, documents)
    if config is None:
        return None
    bare = View(truss, config, ())
    paths = islice(python_paths(bare.settings, truss), MOST_FILES)
    found = (_snapshot(path, truss, documents) for path in paths)
    return View(truss, config, tuple(source for source in found if source is not None))


def _snapshot(path: Path, truss: Path, documents: Documents) -> Snapshot | None:
    if (snapshot := documents.at(path)) is not None:
        return snapshot
    text = documents.read_text(path)
    if text is None:
        return None
    return Snapshot(uri_of(path), path, 0, text, documents.encoding, truss)
