"""The folders that a verb needs: the Truss itself, and those where this package keeps things."""

from __future__ import annotations

from contextlib import contextmanager
from errno import errorcode
from pathlib import Path
from typing import TYPE_CHECKING

from truss_base.exceptions import NotATruss
from truss_handle.exceptions import MachineProblem
from truss_handle.registry import Registry, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_handle.settings import Settings


def located(settings: Settings, truss_dir: str | Path) -> Path:
    """The resolved directory. Raises NotATruss where there is none and nothing runs of it."""
    directory = resolve(truss_dir)
    if not directory.exists() and Registry(settings).find(directory) is None:
        raise NotATruss(f"there is no directory {directory}")
    return directory


@contextmanager
def usable(settings: Settings) -> Iterator[None]:
    """Turns an OSError of our own folders into a MachineProblem that names the setting."""
    try:
        yield
    except OSError as error:
        for folder, variable in (
            (settings.home, "CONTROL_TRUSS_HOME"),
            (settings.cache, "CONTROL_TRUSS_CACHE"),
        ):
            if _concerns(error, folder):
                code = errorcode.get(error.errno or 0, "unknown")
                raise MachineProblem(
                    f"{error.filename} cannot be used: {error.strerror} ({code})",
                    hint=f"make {folder} writable, or name another folder in {variable}",
                ) from error
        raise


def _concerns(error: OSError, folder: Path) -> bool:
    if not isinstance(error.filename, str | Path):
        return False
    named = Path(error.filename)
    # A folder that cannot be made is reported by the name of the parent that is in the way.
    return named.is_relative_to(folder) or folder.is_relative_to(named)
