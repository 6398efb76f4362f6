"""The generated files of the repository."""

from __future__ import annotations

import json

from truss_base.reference.page import reference_page
from truss_base.reference.types import types_module
from truss_base.schema import config_schema


def generated_files() -> dict[str, str]:
    """Each generated file: its path in the repository, and its text."""
    schema = json.dumps(config_schema(), indent=1, ensure_ascii=False)
    return {
        "docs/config-reference.md": reference_page(),
        "docs/config.schema.json": f"{schema}\n",
        "truss_base/config/typed.py": types_module(),
    }
