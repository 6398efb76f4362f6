"""The description of a Truss config as a JSON schema, for editors and tools that know no Truss."""

from truss_base.schema.root import DIALECT, SCHEMA_ID, config_schema

__all__ = ["DIALECT", "SCHEMA_ID", "config_schema"]
