"""Tiny wheels, built in a test: installing them needs no network and takes no time."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    scripts: Mapping[str, str] | None = None,
    code: str = "",
) -> Path:
    """A wheel of one module that holds `VERSION` and `code`."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {it}\n" for it in requires)
    files = {
        f"{name}.py": f"VERSION = {version!r}\n{code}",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if scripts:
        entries = "".join(f"{key} = {value}\n" for key, value in scripts.items())
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{entries}"
    record = f"{info}/RECORD"
    rows = "".join(f"{path},,\n" for path in [*files, record])
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, content in {**files, record: rows}.items():
            archive.writestr(path, content)
    return target


BACKEND = """
import pathlib, sys, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    return _write(directory, pathlib.Path("{name}.py").read_text())

def build_editable(directory, config_settings=None, metadata_directory=None):
    return _write(directory, "", {{"{name}.pth": str(pathlib.Path.cwd())}})

def _write(directory, code, more={{}}):
    info = "{name}-{version}.dist-info"
    files = dict(more)
    if code:
        files["{name}.py"] = code
    files[info + "/METADATA"] = "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
    files[info + "/WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    rows = "".join(path + ",,\\n" for path in [*files, info + "/RECORD"])
    name = "{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory) / name, "w") as archive:
        for path, content in {{**files, info + "/RECORD": rows}}.items():
            archive.writestr(path, content)
    return name
"""


def source_package(name: str, version: str, code: str = "") -> dict[str, str]:
    """The files of a package that builds itself: its backend needs nothing from any index."""
    return {
        "pyproject.toml": (
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
            f"[project]\nname = '{name}'\nversion = '{version}'\n"
        ),
        "backend.py": BACKEND.format(name=name, version=version),
        f"{name}.py": f"VERSION = {version!r}\n{code}",
    }
