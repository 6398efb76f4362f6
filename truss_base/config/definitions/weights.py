"""`weights`: model weights from object stores and Hugging Face, mounted at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.containers import ListOf, Maybe
from truss_base.config.definitions.auth import (
    AWS_ASSUME_ROLE,
    AWS_OIDC,
    CLOUD_FIELDS,
    GCP_OIDC,
    method_rule,
)
from truss_base.config.faults import At, Fault
from truss_base.config.field import Field
from truss_base.config.kinds import Choice, Complaint, Text
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section
from truss_base.config.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path

_CLOUD_SCHEMES = ("s3", "gs", "azure", "r2", "cw")
SCHEMES = ("hf", *_CLOUD_SCHEMES, "https")
_SOURCE_PATTERN = rf"^(?:(?:hf|https)://[^/]|(?:{'|'.join(_CLOUD_SCHEMES)})://[^/@][^@]*$)"
_SHAPES = {"hf": "hf://owner/repo@revision", "https": "https://host/path"}


def source_rule(text: str) -> Complaint | None:
    """A URI whose scheme is known and which names something there."""
    scheme, separator, place = text.partition("://")
    known = ", ".join(f"{name}://" for name in SCHEMES)
    if not separator:
        return Complaint(f"{shorten(text)!r} has no scheme: one of {known}")
    if scheme not in SCHEMES:
        return Complaint(f"{shorten(scheme)!r} is no scheme for weights: one of {known}")
    if not place or place.startswith("/"):
        shape = _SHAPES.get(scheme, f"{scheme}://bucket/path")
        return Complaint(f"{shorten(text)!r} names no place: it has to look like {shape}")
    if scheme in _CLOUD_SCHEMES and "@" in place:
        return Complaint(f"only hf:// sources have an @revision; {scheme}:// has none")
    return None


def mount_rule(text: str) -> Complaint | None:
    """A path from the root."""
    if not text or text.startswith("/"):
        return None
    return Complaint(f"{shorten(text)!r} is a relative path: it has to start with /")


AUTH = Section(
    "auth",
    (
        *CLOUD_FIELDS,
        Field(
            "auth_method",
            Choice(("CUSTOM_SECRET", "AWS_OIDC", "GCP_OIDC", "AWS_ASSUME_ROLE"), any_case=True),
            "How to authenticate with the store; `AWS_ASSUME_ROLE` since 0.18.27.",
        ),
        Field(
            "auth_secret_name",
            Maybe(Text()),
            "The secret with the credentials.",
            None,
            example="aws_credentials",
        ),
    ),
    rules=(
        method_rule(
            "auth_secret_name",
            {
                "CUSTOM_SECRET": ("auth_secret_name",),
                "AWS_OIDC": AWS_OIDC,
                "GCP_OIDC": GCP_OIDC,
                "AWS_ASSUME_ROLE": AWS_ASSUME_ROLE,
            },
        ),
    ),
)


def _one_secret(record: Record, path: Path) -> Iterator[Fault]:
    auth = record["auth"]
    if record["auth_secret_name"] and auth and auth["auth_secret_name"]:
        message = "`auth_secret_name` is given twice: here and under `auth`; keep one"
        inner = (*path, "auth", "auth_secret_name")
        yield Fault((*path, "auth_secret_name"), "conflict", message, At.KEY, related=(inner,))


def _unique_mounts(entries: list[object], path: Path) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        assert isinstance(entry, Record)
        if "mount_location" in entry.invalid:
            continue
        place = entry["mount_location"]
        if place in first:
            message = f"two sources are mounted at {shorten(place)!r}"
            here, there = ((*path, at, "mount_location") for at in (index, first[place]))
            yield Fault(here, "conflict", message, related=(there,))
        first.setdefault(place, index)


WEIGHTS = ListOf(
    Section(
        "weights",
        (
            Field(
                "source",
                Text(source_rule, non_empty=True, pattern=_SOURCE_PATTERN),
                "Where the weights are, as a URI; `@revision` after a Hugging Face repository.",
                example="hf://meta-llama/Llama-3.1-8B@main",
            ),
            Field(
                "mount_location",
                Text(mount_rule, non_empty=True, pattern="^/"),
                "The absolute path they appear at.",
                example="/models/llama",
            ),
            Field(
                "auth",
                Maybe(AUTH),
                "How to authenticate with the store.",
                None,
                example={"auth_method": "CUSTOM_SECRET", "auth_secret_name": "aws_credentials"},
            ),
            Field(
                "auth_secret_name",
                Maybe(Text()),
                "The secret with the credentials; may be given under `auth` instead.",
                None,
                example="hf_access_token",
            ),
            Field(
                "allow_patterns",
                Maybe(ListOf(Text())),
                "Only files that match one of these.",
                None,
                example=["*.safetensors"],
            ),
            Field(
                "ignore_patterns",
                Maybe(ListOf(Text())),
                "Files to leave out.",
                None,
                example=["*.md"],
            ),
        ),
        rules=(Rule(("auth", "auth.auth_secret_name", "auth_secret_name"), _one_secret),),
    ),
    rule=_unique_mounts,
)
