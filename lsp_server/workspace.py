"""Which Truss a file belongs to: the nearest folder above it that is one."""

from __future__ import annotations

from pathlib import Path

from lsp_server.snapshot import CONFIG_NAME

_MAX_DEPTH = 40
_ENOUGH = 50_000  # characters that tell whose config it is


class Trusses:
    """Remembers what it has found until something on disk says otherwise."""

    def __init__(self) -> None:
        self._known: dict[Path, bool] = {}

    def locate(self, path: Path, text: str | None = None) -> Path | None:
        """The Truss of a file. For a config, ``text`` of the open document wins over the disk.

        Reads at most one file per folder on the way up, each once.
        """
        if path.name == CONFIG_NAME and text is not None:
            self._known[path.parent] = _is_config(text, path.parent)
        for folder in path.parents[:_MAX_DEPTH]:
            if self.is_truss(folder):
                return folder
        return None

    def concerned(self, path: Path) -> set[Path]:
        """The Trusses that a file is part of: its own, and those seen so far whose config takes
        its folder in as an external package."""
        own = self.locate(path)
        others = {folder for folder in self.known() if _takes_in(folder, path)}
        return others | {own} if own is not None else others

    def is_truss(self, folder: Path) -> bool:
        if folder not in self._known:
            self._known[folder] = _is_truss(folder)
        return self._known[folder]

    def forget(self, folder: Path | None = None) -> None:
        """One folder, or everything, will be looked at again."""
        if folder is None:
            self._known.clear()
        else:
            self._known.pop(folder, None)

    def known(self) -> tuple[Path, ...]:
        """Every Truss seen so far."""
        return tuple(folder for folder, is_truss in self._known.items() if is_truss)


def _takes_in(folder: Path, path: Path) -> bool:
    from truss_base.exceptions import TrussBaseError
    from truss_base.tree import external_roots

    try:
        return any(root in path.parents for root, _ in external_roots(folder))
    except (TrussBaseError, OSError):
        return False  # a config that cannot be read takes in nothing, and no patch either


def _is_truss(folder: Path) -> bool:
    config = folder / CONFIG_NAME
    try:
        return config.is_file() and _is_config(config.read_text("utf-8", "replace"), folder)
    except OSError:
        return False


def _is_config(text: str, folder: Path) -> bool:
    from truss_base.validation import is_truss_config

    if len(text) > _ENOUGH:
        text = text[:_ENOUGH].rpartition("\n")[0]
    return is_truss_config(text, folder)
