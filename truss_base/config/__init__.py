"""The description of a Truss config, and configs that follow it."""

from truss_base.config.field import Effect, Field
from truss_base.config.fields import children, every_field, lookup
from truss_base.config.truss_config import TrussConfig

__all__ = ["Effect", "Field", "TrussConfig", "children", "every_field", "lookup"]
