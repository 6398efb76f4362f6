"""Everything that is wrong with a Truss's config, with positions and fixes."""

from truss_base.validation.codes import CODES, Code
from truss_base.validation.findings import Edit, Finding, Fix, Related
from truss_base.validation.recognition import is_truss_config
from truss_base.validation.validate import findings_of, validate

__all__ = [
    "CODES",
    "Code",
    "Edit",
    "Finding",
    "Fix",
    "Related",
    "findings_of",
    "is_truss_config",
    "validate",
]
