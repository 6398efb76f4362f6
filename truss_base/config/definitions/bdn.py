"""`bdn`: volumes of the platform's delivery network."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from truss_base.config.containers import ListOf
from truss_base.config.faults import Fault
from truss_base.config.field import Field
from truss_base.config.kinds import Boolean, Choice, Complaint, Text
from truss_base.config.record import Record
from truss_base.config.section import Section
from truss_base.config.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truss_base.config.faults import Path

_NAME = r"[^/:@\x00]+"
_SOURCE = re.compile(
    rf"bdn:(?P<namespace>{_NAME})/(?P<volume>{_NAME})"
    rf"(?::(?P<tag>{_NAME})|@(?:b3:)?(?P<digest>[0-9a-fA-F]+))?"
)
_SOURCE_PATTERN = "^bdn:[^/:@]+/[^/:@]+(?::[^/:@]+|@(?:b3:)?[0-9a-fA-F]{12,64})?$"
_DIGEST_LENGTHS = range(12, 65)
_MAX_NAME = 256


def source_rule(text: str) -> Complaint | None:
    """`bdn:namespace/volume`, with `:tag` or `@digest` behind it."""
    match = _SOURCE.fullmatch(text)
    if match is None:
        shape = "bdn:namespace/volume, bdn:namespace/volume:tag or bdn:namespace/volume@digest"
        return Complaint(f"{shorten(text)!r} is no volume: {shape}")
    for part in ("namespace", "volume", "tag"):
        if match[part] and (complaint := name_rule(match[part])):
            return complaint
    if match["digest"] and len(match["digest"]) not in _DIGEST_LENGTHS:
        return Complaint("a digest has 12 to 64 hexadecimal digits")
    return None


def name_rule(text: str) -> Complaint | None:
    """The name of a namespace, a volume or a tag."""
    if len(text) > _MAX_NAME:
        return Complaint(f"a name has at most {_MAX_NAME} characters")
    if "/" in text or ".." in text or "\0" in text:
        return Complaint(f"{shorten(text)!r} is no name: neither '/' nor '..' may be in it")
    return None


def path_rule(text: str) -> Complaint | None:
    """An absolute path below the root."""
    path = PurePosixPath(text)
    if not text:
        return None
    if not path.is_absolute():
        return Complaint(f"{shorten(text)!r} is a relative path: it has to start with /")
    if path == PurePosixPath("/") or ".." in path.parts or "\0" in text:
        return Complaint(f"{shorten(text)!r} cannot be mounted at: a path below /, without '..'")
    return None


def filter_rule(text: str) -> Complaint | None:
    """A relative glob pattern."""
    parts = text.removesuffix("/").split("/")
    sound = (
        text
        and text == text.strip()
        and not text.startswith("/")
        and "\\" not in text
        and "\0" not in text
        and not any(part in ("", ".", "..") for part in parts)
    )
    return None if sound else Complaint(f"{shorten(text)!r} is no relative pattern such as *.bin")


def _unique(what: str, name: str) -> Callable[[list[object], Path], Iterator[Fault]]:
    def rule(entries: list[object], path: Path) -> Iterator[Fault]:
        first: dict[str, int] = {}
        for index, entry in enumerate(entries):
            if isinstance(entry, Record) and name in entry.invalid:
                continue
            value = str(entry[name] if isinstance(entry, Record) else entry)
            if value in first:
                tail = (name,) if isinstance(entry, Record) else ()
                here, there = ((*path, at, *tail) for at in (index, first[value]))
                message = f"{shorten(value)!r} is given twice: {what} has to be unique"
                yield Fault(here, "conflict", message, related=(there,))
            first.setdefault(value, index)

    return rule


_GRANTS = ListOf(
    Choice(("pull", "push", "tag", "inspect", "delete")),
    non_empty=True,
    rule=_unique("a grant", ""),
)

BDN = Section(
    "bdn",
    (
        Field(
            "mounts",
            ListOf(
                Section(
                    "mounts",
                    (
                        Field(
                            "source",
                            Text(source_rule, non_empty=True, pattern=_SOURCE_PATTERN),
                            "The volume, with a tag or a digest where a certain version is meant.",
                            example="bdn:weights/llama-8b:prod",
                        ),
                        Field(
                            "path",
                            Text(
                                path_rule,
                                non_empty=True,
                                pattern=r"^/[\s\S]",
                                normal=lambda text: str(PurePosixPath(text)),
                            ),
                            "The absolute path the volume appears at.",
                            example="/models/llama",
                        ),
                        Field(
                            "include",
                            ListOf(Text(filter_rule)),
                            "Patterns of the files to mount; empty for all.",
                            [],
                            example=["*.safetensors"],
                        ),
                        Field(
                            "exclude",
                            ListOf(Text(filter_rule)),
                            "Patterns of files to leave out; they win over `include`.",
                            [],
                            example=["*.md"],
                        ),
                    ),
                ),
                rule=_unique("a path", "path"),
            ),
            "Volumes that are mounted when the model starts.",
            [],
        ),
        Field(
            "access",
            ListOf(
                Section(
                    "access",
                    (
                        Field(
                            "namespace",
                            Text(name_rule, non_empty=True),
                            "The namespace that is opened to the deployment.",
                            example="weights",
                        ),
                        Field("grants", _GRANTS, "What it may do there.", example=["pull"]),
                    ),
                ),
                rule=_unique("a namespace", "namespace"),
            ),
            "What the deployment may do in which namespace.",
            [],
        ),
        Field(
            "hotload",
            Section(
                "hotload",
                (Field("enabled", Boolean(), "Loads data of the network while running.", False),),
            ),
            "Loading data while the deployment runs.",
            {},
        ),
    ),
)
