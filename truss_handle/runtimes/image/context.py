"""The build context of a Truss: everything that its Dockerfile copies."""

from __future__ import annotations

import json
from importlib import resources
from typing import IO, TYPE_CHECKING

from truss_base.hash import tree_hash
from truss_base.tree import CONFIG_FILE, scan
from truss_handle import bundle
from truss_handle.runtimes.image import layout
from truss_handle.runtimes.image.archive import Archive
from truss_handle.runtimes.image.dockerfile import dockerfile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from truss_base.config import TrussConfig
    from truss_base.entry import Entry
    from truss_handle.runtimes.image.recipe import Recipe
    from truss_handle.runtimes.image.requirements import Requirements


def write_context(
    stream: IO[bytes],
    recipe: Recipe,
    truss_dir: Path,
    config: TrussConfig,
    requirements: Requirements,
    ca_bundle: Path | None,
) -> str:
    """Write everything that `dockerfile(recipe)` copies; the hash of the Truss that went in.

    Never contains a secret.
    """
    entries = scan(truss_dir)
    archive = Archive(stream)
    archive.add(layout.CONTEXT_DOCKERFILE, dockerfile(recipe).encode())
    if ca_bundle is not None:
        archive.add_file(layout.CONTEXT_CA, ca_bundle)
    _add_code(archive)
    _add_requirements(archive, requirements)
    _add_truss(archive, entries)
    if not recipe.control:
        # A control plane makes this itself, from every version it gets.
        complete = json.dumps(config.to_dict(verbose=True), sort_keys=True)
        archive.add(f"{layout.CONTEXT_CONFIG}/config.json", complete.encode())
    archive.close()
    return tree_hash({entry.path: entry.digest for entry in entries})


def _add_code(archive: Archive) -> None:
    here = resources.files(__package__)
    script = (here / layout.SETUP_SCRIPT).read_bytes()
    archive.add(f"{layout.CONTEXT_SETUP}/{layout.SETUP_SCRIPT}", script)
    for name, source in bundle.source_files():
        archive.add_file(f"{layout.CONTEXT_BUNDLE}/{name}", source)
        if name == "control/plane/requirements.txt":
            archive.add_file(f"{layout.CONTEXT_SETUP}/{layout.CONTROL_REQUIREMENTS}", source)
        if name == "control/inference/requirements.txt":
            inference = f"{layout.CONTEXT_REQUIREMENTS}/{layout.INFERENCE_REQUIREMENTS}"
            archive.add_file(inference, source)


def _add_requirements(archive: Archive, requirements: Requirements) -> None:
    own = "".join(f"{line}\n" for line in requirements.lines)
    archive.add(f"{layout.CONTEXT_REQUIREMENTS}/{layout.OWN_REQUIREMENTS}", own.encode())
    for name, text in sorted(requirements.files.items()):
        archive.add(f"{layout.CONTEXT_REQUIREMENTS}/{name}", text.encode())


def _add_truss(archive: Archive, entries: Sequence[Entry]) -> None:
    # The folder is named even when nothing is in it but the config, which travels separately.
    archive.add_folder(layout.CONTEXT_TRUSS)
    for entry in entries:
        apart = entry.path == CONFIG_FILE
        folder = layout.CONTEXT_CONFIG if apart else layout.CONTEXT_TRUSS
        _add_entry(archive, f"{folder}/{entry.path}", entry)


def _add_entry(archive: Archive, name: str, entry: Entry) -> None:
    if entry.target is not None:
        archive.add_link(name, entry.target)
    else:
        archive.add_file(name, entry.source, mode=0o755 if entry.executable else 0o644)
