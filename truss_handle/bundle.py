"""The code that runs beside a model, copied out of this installation.

`truss_base/` and `control/` travel as source files: into a folder of the cache, keyed by their
content, for the local runtime, and into the build context of an image. An upgrade of
control-truss therefore never changes what already runs.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import truss_base
from truss_handle.exceptions import EnvironmentFailed

_PACKAGES = ("truss_base", "control")
_LEFT_OUT = {"__pycache__"}
_SUFFIXES = {".py", ".txt", ".typed", ".json", ".yaml"}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder that holds the packages, and where to look in it."""

    root: Path

    @property
    def inference_dir(self) -> Path:
        """Goes on the path of the model's interpreter."""
        return self.root / "control" / "inference"

    @property
    def control_requirements(self) -> Path:
        """Locked, with hashes: the control plane's environment."""
        return self.root / "control" / "plane" / "requirements.txt"

    @property
    def inference_requirements(self) -> Path:
        """Lower bounds: resolved together with the user's requirements."""
        return self.root / "control" / "inference" / "requirements.txt"


def source_files() -> list[tuple[str, Path]]:
    """(relative path, file) of everything that travels, sorted. Raises EnvironmentFailed."""
    # Found beside truss_base, not by its name: "control" is also a package on the public index.
    base = Path(truss_base.__file__).resolve().parent.parent
    found = [
        (path.relative_to(base).as_posix(), path)
        for package in _PACKAGES
        for path in (base / package).rglob("*")
        if path.suffix in _SUFFIXES and not _LEFT_OUT.intersection(path.parts) and path.is_file()
    ]
    if not any(name.startswith("control/plane/") for name, _ in found):
        raise EnvironmentFailed(
            f"the control plane's code is missing beside {base / 'truss_base'}",
            hint="install control-truss again",
        )
    return sorted(found)


def copy_to(target: Path) -> Bundle:
    """Write the packages into an existing folder, for example an image's build context."""
    for name, source in source_files():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, destination)
    return Bundle(target)


def content_key() -> str:
    """Digest over paths and contents of everything that travels."""
    digest = hashlib.sha256()
    for name, source in source_files():
        digest.update(f"{name}\0{hashlib.sha256(source.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:20]


def ensure_bundle(bundles: Path) -> Bundle:
    """The copy in the cache, made when it is missing; safe when several processes do it."""
    target = bundles / content_key()
    if not target.is_dir():
        bundles.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=bundles, prefix=".new-"))
        copy_to(temporary)
        try:
            temporary.rename(target)
        except OSError:
            # Another process has just put the same content there.
            shutil.rmtree(temporary, ignore_errors=True)
    return Bundle(target)
