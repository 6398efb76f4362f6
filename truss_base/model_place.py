"""Where the model's class belongs, and whether a Truss has to have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base import paths

if TYPE_CHECKING:
    from truss_base.config import TrussConfig

_SERVED_WITHOUT = ("docker_server", "trt_llm", "bis_llm")


def needs_model(config: TrussConfig) -> bool:
    """Whether it is the user's class that serves."""
    return not any(getattr(config, name) for name in _SERVED_WITHOUT)


def model_path(config: TrussConfig) -> str:
    """The path of the model's file. Raises PathError when it leaves the Truss."""
    return paths.normalize(f"{config.model_module_dir}/{config.model_class_filename}")
