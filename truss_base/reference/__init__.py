"""What is generated from the table of fields: the reference, the schema, the types of sections."""

from truss_base.config.blocks import reference_anchor
from truss_base.reference.files import generated_files

__all__ = ["generated_files", "reference_anchor"]
