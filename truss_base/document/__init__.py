"""YAML text: as data, and as nodes that know where they are."""

from truss_base.document.reading import load, read_text

__all__ = ["load", "read_text"]
