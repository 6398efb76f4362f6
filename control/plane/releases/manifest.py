"""What a release's files were when it was written: the record that later staging trusts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file or link. `size`, `mtime_ns` and `inode` tell whether it was touched since."""

    digest: str
    executable: bool
    target: str | None
    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, digest: str, stat: os.stat_result, target: str | None = None) -> FileRecord:
        """The record of a file that was just written."""
        executable = target is None and bool(stat.st_mode & 0o100)
        return cls(digest, executable, target, stat.st_size, stat.st_mtime_ns, stat.st_ino)

    def matches(self, stat: os.stat_result) -> bool:
        """Whether the file is, by all that can be seen without reading it, as recorded."""
        return (self.size, self.mtime_ns, self.inode) == (
            stat.st_size,
            stat.st_mtime_ns,
            stat.st_ino,
        )


Manifest = dict[str, FileRecord]


def manifest_to_json(manifest: Mapping[str, FileRecord]) -> dict[str, list[Any]]:
    """A compact form: a Truss may have tens of thousands of files."""
    return {
        path: [r.digest, r.executable, r.target, r.size, r.mtime_ns, r.inode]
        for path, r in manifest.items()
    }


def manifest_from_json(value: Mapping[str, list[Any]]) -> Manifest:
    """Reads `manifest_to_json`'s form."""
    return {path: FileRecord(*fields) for path, fields in value.items()}
