"""Faults of keys: missing, old, or choosing nothing there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.field import default_of
from truss_base.config.kinds import replace_by
from truss_base.config.wording import closest, describe

if TYPE_CHECKING:
    from truss_base.config.faults import Path, Report
    from truss_base.config.field import Field
    from truss_base.config.section import Variants


def missing_key(path: Path, name: str, message: str) -> Fault:
    """The fault of a section at `path` without the key `name`."""
    return Fault(path, "missing-key", message, At.KEY, suggestions=(name,), remedy=Remedy.INSERT)


def missing_field(field: Field, path: Path) -> Fault:
    """The fault of a section at `path` without a field it needs."""
    where = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "this entry"
    message = f"{where} needs `{field.name}`: {field.doc[0].lower()}{field.doc[1:].rstrip('.')}"
    return missing_key(path, field.name, message)


def missing_tag(variants: Variants, path: Path) -> Fault:
    """The fault of a mapping that does not say which section it is."""
    known = ", ".join(variants.sections)
    message = f"`{path[-1]}` needs `{variants.tag}`: one of {known}"
    return missing_key(path, variants.tag, message)


def unknown_variant(variants: Variants, chosen: object, path: Path) -> Fault:
    """The fault of a mapping that says it is a section there is not."""
    known = tuple(variants.sections)
    message = f"`{variants.tag}` has to be one of {', '.join(known)}, not {describe(chosen)}"
    similar = closest(chosen, known) if isinstance(chosen, str) else ()
    remedy = replace_by(similar)
    return Fault((*path, variants.tag), "value", message, suggestions=similar, remedy=remedy)


def report_deprecated(field: Field, name: str, value: object, path: Path, report: Report) -> None:
    """A hint on a key that is still read, where it says something at all."""
    if value == default_of(field):
        return
    instead = f"; use `{field.replacement}`" if field.replacement else ""
    message = f"`{name}` is deprecated: {field.deprecated}{instead}"
    report(Fault((*path, name), "deprecated", message, At.KEY, "hint", tag="deprecated"))


def superseded(field: Field, key: str, path: Path) -> Fault:
    """A legacy key, which a push refuses, or a second name of a key that is there already."""
    reason = field.deprecated if key == field.name else f"`{field.name}` is given too"
    instead = f"; use `{field.replacement}`" if field.replacement else ""
    message = f"`{key}` is no longer read: {reason}{instead}"
    return Fault((*path, key), "deprecated", message, At.KEY, "warning", tag="deprecated")
