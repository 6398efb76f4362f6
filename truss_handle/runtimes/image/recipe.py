"""Everything that decides how an image is built, taken from config and options as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_handle.exceptions import ImageFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from truss_base.config import TrussConfig
    from truss_handle.runtimes.image.requirements import Requirements
    from truss_handle.values import StartOptions

BASE_IMAGE_VARIABLE = "CONTROL_TRUSS_BASE_IMAGE"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the Dockerfile depends on; its text is a pure function of this.

    `python` is a command of the base image. `expected_version` ("3.11") is empty where any version
    will do. `requirements_file` is a path inside the Truss. `whole_tree` says that requirements
    name paths of the Truss, whose files therefore have to be there when they are installed.
    """

    base_image: str
    python: str = "python3"
    expected_version: str = ""
    control: bool = True
    ca_bundle: bool = False
    system_packages: tuple[str, ...] = ()
    requirements_file: str | None = None
    whole_tree: bool = False
    build_commands: tuple[str, ...] = ()


def make_recipe(
    config: TrussConfig,
    requirements: Requirements,
    options: StartOptions,
    environ: Mapping[str, str],
    *,
    ca_bundle: bool,
) -> Recipe:
    """The recipe of a Truss. Raises ImageFailed for one that brings a server of its own."""
    if config.docker_server is not None:
        raise ImageFailed(
            "docker_server: a Truss with a server of its own cannot be run by this version",
            hint="remove docker_server from config.yaml, or run the image it names by hand",
        )
    own = config.base_image
    version = config.python_tag
    base = own.image if own else options.base_image or environ.get(BASE_IMAGE_VARIABLE)
    return Recipe(
        base_image=base or f"python:{version}-slim-bookworm",
        python=(own and own.python_executable_path) or "python3",
        # An image that the Truss names has the last word on the version; one from outside has not.
        expected_version="" if own or options.any_python else version,
        control=config.use_control_plane,
        ca_bundle=ca_bundle,
        system_packages=tuple(config.system_packages),
        requirements_file=requirements.main,
        whole_tree=requirements.local,
        build_commands=tuple(config.build_commands),
    )
