"""What `init` writes, and what it says about itself."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from truss_base.config import TrussConfig
from truss_handle.scaffold import create_truss

if TYPE_CHECKING:
    from pathlib import Path


def test_the_comments_say_when_a_model_is_loaded(tmp_path: Path) -> None:
    """A patch may load the model again: whoever writes load() has to know when."""
    create_truss(tmp_path / "greeter", name=None, python=(3, 11))
    model = (tmp_path / "greeter/model/model.py").read_text()
    ast.parse(model)
    assert "at every start, and again" in model
    assert "no request waits for it" in model
    assert "once" not in model
    config = tmp_path / "greeter/config.yaml"
    assert "load() does not depend on is swapped in" in config.read_text()
    assert "fraction of a second" not in config.read_text()
    assert TrussConfig.from_yaml(config).use_control_plane
