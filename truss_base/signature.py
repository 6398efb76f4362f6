"""The signature of a Truss: what a later diff needs to know about it, in a few kilobytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard
from weakref import ref

from truss_base import paths, requirements, tree
from truss_base.entry import read
from truss_base.exceptions import SignatureError
from truss_base.hash import tree_hash
from truss_base.loading import decoded, known_config
from truss_base.tree import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from truss_base.entry import Entry


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a signature comes from. Does not keep that alive: there may be a long line of them."""

    signature: ref[Signature]
    changed: Collection[str]


@dataclass(frozen=True)
class Signature:
    """Every path with its content hash, the text of `config.yaml` and the requirements of the
    config's `requirements_file` (empty without one)."""

    content_hashes_by_path: dict[str, str]
    config: str
    requirements_file_requirements: list[str]
    # Where whoever signed knows it already: it follows from the content hashes.
    known_hash: str | None = field(default=None, compare=False, repr=False)
    # The signature that this one was made from by looking at few files, and which.
    origin: Origin | None = field(default=None, compare=False, repr=False)

    @cached_property
    def hash(self) -> str:
        """The Truss hash of what was signed."""
        return self.known_hash or tree_hash(self.content_hashes_by_path)

    def changed_since(self, old: Signature) -> list[str]:
        """The paths, of those here, that `old` lacks or has with another content."""
        before, after = old.content_hashes_by_path, self.content_hashes_by_path
        near = self.origin is not None and self.origin.signature() is old
        looked_at = self.origin.changed if self.origin is not None and near else after
        return [path for path in looked_at if before.get(path) != after[path]]

    @classmethod
    def of(cls, truss_dir: Path | str, *, external_packages: bool = True) -> Signature:
        """The signature of the Truss in `truss_dir`. Errors as `tree.scan`, and ConfigError."""
        return tree.consistent(truss_dir, cls.of_entries, external_packages=external_packages)

    @classmethod
    def of_entries(cls, entries: Sequence[Entry]) -> Signature:
        """The signature of scanned `entries`.

        Reads the config and its requirements file. Raises ConfigError when the one is not UTF-8
        or no YAML, ChangedMeanwhile when either changed since the scan.
        """
        by_path = {entry.path: entry for entry in entries}
        return cls.of_tree(by_path, {entry.path: entry.digest for entry in entries})

    @classmethod
    def of_tree(
        cls,
        entries: Mapping[str, Entry],
        hashes: dict[str, str],
        known_hash: str | None = None,
        before: Signature | None = None,
        changed: Collection[str] | None = None,
    ) -> Signature:
        """As `of_entries`, given by path, with their digests and what they hash to.

        What has the digest that it had in `before` is not read again. No other paths than `changed`
        differ from it, where that is known.
        """
        origin = None if before is None or changed is None else Origin(ref(before), changed)
        if before is not None and hashes[CONFIG_FILE] == before.content_hashes_by_path[CONFIG_FILE]:
            config = before.config
        else:
            before, config = None, decoded(read(entries[CONFIG_FILE]))
        lines = _requirements(entries, config, before)
        return cls(hashes, config, lines, known_hash, origin)

    def to_dict(self) -> dict[str, Any]:
        """A JSON value: the three fields under their names."""
        return {
            "content_hashes_by_path": dict(self.content_hashes_by_path),
            "config": self.config,
            "requirements_file_requirements": list(self.requirements_file_requirements),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Signature:
        """The signature that `to_dict` gave. Raises SignatureError naming the key that is wrong.

        A missing `requirements_file_requirements` is an empty list: older signatures have none.
        """
        hashes = value.get("content_hashes_by_path")
        config = value.get("config")
        requirements = value.get("requirements_file_requirements", [])
        if not _is_text_mapping(hashes):
            raise SignatureError("signature: `content_hashes_by_path` must map paths to hashes")
        if not isinstance(config, str):
            raise SignatureError("signature: `config` must be the text of config.yaml")
        if not _is_text_list(requirements):
            raise SignatureError("signature: `requirements_file_requirements` must list text")
        return cls(dict(hashes), config, list(requirements))


def signature(truss_dir: Path | str) -> Signature:
    """The signature of the Truss in `truss_dir`."""
    return Signature.of(truss_dir)


def _requirements(entries: Mapping[str, Entry], config: str, before: Signature | None) -> list[str]:
    """`before` is an earlier signature under the same config."""
    # Loading the config costs milliseconds; without the key there is nothing to find in it.
    if "requirements_file" not in config:
        return []
    name = known_config(config).requirements_file
    entry = entries.get(paths.normalize(name)) if name else None
    if entry is None or entry.kind == "symlink":
        return []
    if before is not None and before.content_hashes_by_path.get(entry.path) == entry.digest:
        return before.requirements_file_requirements
    return requirements.parse(entry.path, read(entry).decode("utf-8", "replace"))


def _is_text_mapping(value: object) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(
        isinstance(key, str) and isinstance(item, str) for key, item in value.items()
    )


def _is_text_list(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
