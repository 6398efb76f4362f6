"""The schema as a whole.

It accepts what the loader accepts without a warning, conversions included (`"5"` for a number,
any scalar for an environment variable). Of what the loader refuses, it refuses what JSON Schema
can say; unknown keys, which only a push refuses, are refused here already.
"""

from __future__ import annotations

from typing import Any

from truss_base.config.definitions.root import ROOT
from truss_base.schema.sections import Definitions

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# A name, not an address: validating a config never needs the network.
SCHEMA_ID = "urn:control-truss:schema:config"


def config_schema() -> dict[str, Any]:
    """The schema of `config.yaml` (draft 2020-12), as plain data of its own."""
    definitions = Definitions()
    root = definitions.describe(ROOT, ())
    return {
        "$schema": DIALECT,
        "$id": SCHEMA_ID,
        "title": "Truss config",
        "description": "The config.yaml of a Truss: what a model needs, and how it is served.",
        # An empty file is a config: every key has its default.
        "type": ["object", "null"],
        **root,
        "$defs": definitions.by_name,
    }
