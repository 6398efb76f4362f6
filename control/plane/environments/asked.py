"""What a release asks to be installed, read from its files. Blocks: use a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from control.plane.environments.wanted import Wanted, wanted_by
from control.plane.exceptions import InstallFailed, UnsafePath
from control.plane.releases.complete_config import read_config
from control.plane.releases.directory import read_file
from truss_base.exceptions import PathError
from truss_base.paths import normalize

if TYPE_CHECKING:
    from control.plane.releases.release import Release


def system_packages_of(release: Release) -> list[str]:
    """The packages of the system, in the config's order."""
    return list(read_config(release.tree).system_packages)


def wanted_of(release: Release) -> Wanted:
    """What a release asks for. Raises InstallFailed when a file of requirements is not there."""
    digests = {path: record.digest for path, record in release.manifest.items()}

    def read(path: str) -> str:
        try:
            return read_file(release.tree, normalize(path)).decode("utf-8", "replace")
        except (OSError, PathError, UnsafePath) as error:
            raise InstallFailed(f"{path} cannot be read") from error

    return wanted_by(read_config(release.tree), digests, read)
