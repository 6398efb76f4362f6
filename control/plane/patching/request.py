"""The body of `POST /control/patch`, checked before anything else happens. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import InvalidRequest, UnsupportedPatch
from truss_base.exceptions import PatchError
from truss_base.patch import patches_from_wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from control.plane.releases.content import Piece
    from truss_base.patch import Patch

HASH = re.compile(r"[0-9a-f]{64}")


class Preference(str, Enum):
    """How a version that needs a process of its own comes to answer."""

    AUTO = "auto"
    RELOAD = "reload"  # a new process, even where the serving one could take the change
    RESTART = "restart"  # the same, but the serving process is ended first


@dataclass(frozen=True, slots=True)
class PatchRequest:
    """From the version `prev_hash` to the version `hash` by `patches`."""

    hash: str
    prev_hash: str
    patches: tuple[Patch, ...]
    dry_run: bool
    preference: Preference = Preference.AUTO
    # Where the blobs that the patches refer to are, by their digests; set by `control.plane.blobs`.
    pieces: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)


def parse_patch_request(body: bytes) -> PatchRequest:
    """Reads a request.

    Raises:
        InvalidRequest: it is not JSON, or a member is missing or of another type.
        UnsupportedPatch: a patch has an unknown type or a malformed body.
    """
    value = _json_object(body)
    dry_run = value.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise InvalidRequest("'dry_run' must be true or false.")
    preference = _preference(value)
    if not isinstance(value.get("patches"), list):
        raise InvalidRequest("'patches' must be a list of {'type', 'body'} objects.")
    try:
        patches = patches_from_wire(value["patches"])
    except PatchError as error:
        raise UnsupportedPatch(f"{error}.") from error
    return PatchRequest(
        _hash(value, "hash"), _hash(value, "prev_hash"), patches, dry_run, preference
    )


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except RecursionError:
        raise InvalidRequest("The body is nested too deeply.") from None
    except ValueError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object with 'hash', 'prev_hash', 'patches'.")
    return value


def _preference(value: Mapping[str, Any]) -> Preference:
    try:
        return Preference(value.get("strategy", Preference.AUTO))
    except ValueError:
        names = ", ".join(repr(known.value) for known in Preference)
        raise InvalidRequest(f"'strategy' must be one of {names}.") from None


def _hash(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or HASH.fullmatch(found) is None:
        raise InvalidRequest(f"{name!r} must be a Truss hash: 64 hexadecimal digits.")
    return found
