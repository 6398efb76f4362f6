"""What to do about a module that a model imports and does not find.

What a module is installed as may differ from what it is imported as, and only an index of all
packages could tell. So the well-known differences are kept here; any other name stands for itself.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from truss_base.exceptions import TrussBaseError
from truss_base.tree import CONFIG_FILE
from truss_handle.exceptions import ModelLoadFailed, PatchFailed
from truss_handle.memory import Memory
from truss_handle.signatures import SignatureCache

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from truss_base.config import TrussConfig
    from truss_handle.settings import Settings

_NO_MODULE = re.compile(r"No module named '([^']+)'")
_INSTALLED_AS = {
    "Crypto": "pycryptodome",
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "git": "gitpython",
    "google.cloud.storage": "google-cloud-storage",
    "google.generativeai": "google-generativeai",
    "google.protobuf": "protobuf",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "multipart": "python-multipart",
    "OpenSSL": "pyopenssl",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "websocket": "websocket-client",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}


@contextmanager
def advised(settings: Settings, truss_dir: Path) -> Iterator[None]:
    """Gives a failure for want of a module the hint that fits this Truss."""
    try:
        yield
    except (PatchFailed, ModelLoadFailed) as failure:
        name = missing(failure.model_error or {})
        hint = _advice(settings, truss_dir, name) if name else ""
        if not hint:
            raise
        # Another exception: where the hint is a note, too, the first one would stay beside it.
        advised = type(failure)(str(failure), model_error=failure.model_error, hint=hint)
        raise advised.with_traceback(failure.__traceback__) from failure.__cause__


def missing(error: Mapping[str, Any]) -> str:
    """The module that was not found, with its dots; "" for any other failure."""
    if error.get("type") != "ModuleNotFoundError":
        return ""
    found = _NO_MODULE.search(str(error.get("message", "")))
    return found[1] if found else ""


def distribution_of(module: str) -> str:
    """What to install for a module; "" for a part of something that is installed already."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if known := _INSTALLED_AS.get(".".join(parts[:length])):
            return known if length == len(parts) else ""
    return module if len(parts) == 1 else ""


def _advice(settings: Settings, truss_dir: Path, module: str) -> str:
    from truss_base.config import TrussConfig

    try:
        config = TrussConfig.from_yaml(truss_dir / CONFIG_FILE)
    except (TrussBaseError, OSError):
        return ""
    last = SignatureCache(settings.signatures).load(Memory(settings, truss_dir).last_hash or "")
    before = last.content_hashes_by_path if last is not None else {}
    if _is_of_the_truss(module.partition(".")[0], config, truss_dir, before):
        return f"`{module}` is a module of this Truss: add its file again, or correct the import"
    distribution = distribution_of(module)
    if not distribution:
        return ""
    where = config.requirements_file or f"requirements in {CONFIG_FILE}"
    verb = "patch" if config.use_control_plane else "up"
    return f"add `{distribution}` to {where}, then `control-truss {verb}`"


def _is_of_the_truss(
    name: str, config: TrussConfig, truss_dir: Path, before: Collection[str]
) -> bool:
    """Whether a module lies in the Truss, or did in the version that ran last (`before`)."""
    for folder in (config.bundled_packages_dir, config.model_module_dir):
        place = truss_dir / folder / name
        if place.is_dir() or place.with_suffix(".py").is_file():
            return True
        package = f"{folder}/{name}"
        if any(path == f"{package}.py" or path.startswith(f"{package}/") for path in before):
            return True
    return name == config.model_module_dir
