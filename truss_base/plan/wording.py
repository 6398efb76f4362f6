"""Why a change of a config key needs its strategy, said for every runtime.

The table of fields tells what the built artefact, an image, depends on. A plan is read by people
whose model may as well run from an environment on their own machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.definitions import effects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_base.config.field import Effect

_INSTALLED = "packages are installed when the environment or image is built"
_OF_KEY = {
    "requirements": _INSTALLED,
    "requirements_file": _INSTALLED,
    "system_packages": _INSTALLED,
}
_OF_EFFECT: Mapping[Effect, str] = {
    effects.IMAGE: "it is fixed when the environment or image is built",
    effects.LAYOUT: "the server is started with this layout",
    effects.MACHINE: "it decides on which machine the model runs",
    effects.CONTAINER: "it is fixed when the server is started",
    effects.DOWNLOAD: "it is downloaded before the server starts",
    effects.CONTROL: "it decides whether the server has a control plane",
}
REQUIREMENTS_FILE = _INSTALLED
KEEPS_CONTROL_PLANE = "the control plane stays, but the model can read its config"


def because(key: str, effect: Effect) -> str:
    """Half a sentence for a change of the top-level `key` with that effect."""
    return _OF_KEY.get(key) or _OF_EFFECT.get(effect, effect.reason)
