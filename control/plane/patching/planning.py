"""Plans of patches, by what earlier plans have learnt about the code."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from control.plane.exceptions import InadmissiblePatch
from control.plane.patching.changes import ReleaseFiles
from control.plane.releases.complete_config import read_config
from control.plane.supervisor.swaps import FORCE
from truss_base.exceptions import TrussBaseError
from truss_base.plan import plan
from truss_base.plan.hot import AnalysisCache

if TYPE_CHECKING:
    from control.plane.environments.installer import Installer
    from control.plane.patching.request import PatchRequest
    from control.plane.releases.release import Release
    from truss_base.plan import Plan


class Planner:
    """Remembers the analysis of the live version's code. Blocks: use a thread."""

    def __init__(self, installer: Installer) -> None:
        self._installer = installer
        self._cache = AnalysisCache()
        self._mutex = threading.Lock()

    def plan(self, base: Release, request: PatchRequest) -> Plan:
        """What `request` leads to.

        Raises:
            InadmissiblePatch: it could not be applied at all.
        """
        files = ReleaseFiles(base.tree, base.manifest)
        has_links = any(record.target is not None for record in base.manifest.values())
        try:
            with self._mutex:
                return plan(
                    files,
                    request.patches,
                    old_config=base.config_text(),
                    has_links=has_links,
                    abilities=self._installer.abilities,
                    cache=self._cache,
                    force_hot=os.environ.get(FORCE) == "1",
                )
        except TrussBaseError as error:
            raise InadmissiblePatch(f"{error}.") from error

    def warm(self, release: Release) -> None:
        """Analyses a version's code before a patch of it needs that."""
        files, config = ReleaseFiles(release.tree, release.manifest), read_config(release.tree)
        with self._mutex:
            self._cache.warm(files, config)
