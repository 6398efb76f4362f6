"""Which `config.yaml` is a Truss's: many tools have a file of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.definitions.root import ROOT
from truss_base.document import Document

if TYPE_CHECKING:
    from pathlib import Path

# Keys other tools have as well: they do not make a config one of ours.
_COMMON = frozenset(
    {"build", "description", "model_type", "requirements", "resources", "runtime", "secrets"}
)


def is_truss_config(text: str, directory: Path | None = None) -> bool:
    """Whether a text is, or is becoming, the config of a Truss in `directory`.

    True for a mapping whose keys are mostly ours, and for any beginnings of one beside a model.
    """
    document = Document.parse(text)
    data = document.data
    if data is None or data == "":
        return directory is not None and _has_model(directory, {})
    if not isinstance(data, dict):
        return directory is not None and bool(document.problems) and _has_model(directory, {})
    known = [key for key in data if isinstance(key, str) and ROOT.field(key) is not None]
    strange = len(data) - len(known)
    if directory is not None and _has_model(directory, data) and strange <= len(known) + 1:
        return True
    telling = [key for key in known if key not in _COMMON]
    if telling:
        return strange <= 2 * len(known)
    return len(known) >= 2 and strange <= len(known)


def _has_model(directory: Path, data: dict[object, object]) -> bool:
    folder = data.get("model_module_dir", "model")
    name = data.get("model_class_filename", "model.py")
    if not isinstance(folder, str) or not isinstance(name, str):
        folder, name = "model", "model.py"
    try:
        return (directory / folder / name).is_file()
    except (OSError, ValueError):
        return False
