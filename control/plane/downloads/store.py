"""Downloaded files by their URLs, kept across releases. Blocks on network and disk."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import IO, TYPE_CHECKING, Any

from control.plane.blobs.store import RESERVE
from control.plane.downloads.request import (
    Interrupted,
    Response,
    Validator,
    announced_checksum,
    ask,
    shown,
    without_fragment,
)
from control.plane.exceptions import DownloadFailed
from control.plane.failpoints import reach
from control.plane.releases.directory import remove_tree
from control.plane.releases.syncing import sync_directory

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection
    from pathlib import Path

    Progress = Callable[[str], None]

# As often in a row a server may fail to send a single byte.
FAILURES = 5
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
TOLD_SECONDS = 1.0
CONTENT, PART, RECORD = "content", "part", "record.json"
_BLOCK = 1 << 20
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """When to give up: a time on the monotonic clock, or somebody's word."""

    deadline: float
    cancelled: threading.Event

    def check(self, url: str) -> None:
        """Raises DownloadFailed."""
        if self.cancelled.is_set():
            raise DownloadFailed(url, "it was given up")
        if time.monotonic() > self.deadline:
            raise DownloadFailed(url, "its time was up (--download-timeout); send the patch again")


class DownloadStore:
    """One folder per URL in `folder`. One download at a time: see `Downloads`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def find(self, url: str) -> Path | None:
        """The file of a URL, as it was when it was fetched."""
        content = self._root(url) / CONTENT
        return content if content.exists() else None

    def fetch(self, url: str, limits: Limits, progress: Progress) -> Path:
        """The file of a URL as its server has it now, fetched as far as it is not here.

        Raises:
            DownloadFailed: with the URL and what its server said.
        """
        root = self._root(url)
        try:
            root.mkdir(mode=0o700, exist_ok=True)
            return _Fetch(url, root, limits, progress).run()
        except OSError as error:
            raise DownloadFailed(url, f"it cannot be written ({error.strerror})") from error

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever fetched, or nothing of it is kept."""
        return not any(self._folder.iterdir())

    def collect(self, urls: Collection[str]) -> None:
        """Removes what belongs to none of `urls`."""
        kept = {self._root(url).name for url in urls}
        for root in self._folder.iterdir():
            if root.name not in kept:
                remove_tree(root)

    def _root(self, url: str) -> Path:
        return self._folder / hashlib.sha256(url.encode()).hexdigest()


class _Fetch:
    """One file on its way, over as many requests as it takes."""

    def __init__(self, url: str, root: Path, limits: Limits, progress: Progress) -> None:
        self._url = url
        self._root = root
        self._limits = limits
        self._progress = progress
        self._told = time.monotonic()

    def run(self) -> Path:
        content, failures = self._root / CONTENT, 0
        while True:
            self._limits.check(self._url)
            before = self._received()
            try:
                if not self._once():
                    return content  # what is here is what the server has
                break
            except Interrupted as cut:
                failures = 1 if self._received() > before else failures + 1
                if failures >= FAILURES:
                    raise DownloadFailed(self._url, str(cut)) from cut
                self._progress(f"{shown(self._url)}: {cut}; going on in a moment")
                self._limits.cancelled.wait(min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE))
        return content

    def _once(self) -> bool:
        """One request. False: nothing newer is there than what is here."""
        validator, offset = self._begun()
        headers = {"If-Range": validator.strong} if offset and validator.strong else {}
        if not offset:
            headers = self._finished().conditions()
        response = ask(self._url, headers, offset)
        if response is None:
            return False
        with response.body, (self._root / PART).open("r+b" if response.start else "w+b") as file:
            self._note(PART, response.validator)
            digest = hashlib.sha256()
            _skip(file, response.start, digest)
            self._receive(response, file, digest)
            self._finish(response, file, digest.hexdigest())
        return True

    def _receive(self, response: Response, file: IO[bytes], digest: Any) -> None:
        size = response.start
        self._require_room((response.size or size) - size)
        while True:
            self._limits.check(self._url)
            try:
                block = response.body.read1(_BLOCK)
            except (OSError, HTTPException) as error:
                raise Interrupted(str(error) or type(error).__name__) from error
            if not block:
                break
            self._require_room(len(block))
            digest.update(block)
            file.write(block)
            size += len(block)
            reach("download.written")
            self._tell(size, response.size)
        if response.size is not None and size < response.size:
            raise Interrupted(f"the connection ended after {size} of {response.size} bytes")

    def _require_room(self, more: int) -> None:
        if shutil.disk_usage(self._root).free < more + RESERVE:
            # What came would take the room from the very patch that gives this file up.
            (self._root / PART).unlink()
            raise DownloadFailed(
                self._url, f"the disk has no room for {more / MEBIBYTE:.0f} MiB more; free some"
            )

    def _finish(self, response: Response, file: IO[bytes], found: str) -> None:
        wanted = announced_checksum(self._url) or response.checksum
        if wanted is not None and wanted != found:
            (self._root / PART).unlink()
            raise DownloadFailed(self._url, f"it hashes to {found[:12]}, not to {wanted[:12]}")
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
        reach("download.synced")
        # A record without its content asks unconditionally; the other way about would be a lie.
        (self._root / _record(CONTENT)).unlink(missing_ok=True)
        (self._root / PART).replace(self._root / CONTENT)
        reach("download.renamed")
        self._note(CONTENT, response.validator)
        (self._root / _record(PART)).unlink(missing_ok=True)
        sync_directory(self._root)

    def _begun(self) -> tuple[Validator, int]:
        """How much of which version came before; nothing where no range can be asked for."""
        validator = _noted(self._root / _record(PART))
        received = self._received()
        return (validator, received) if validator.strong else (Validator(), 0)

    def _finished(self) -> Validator:
        if not (self._root / CONTENT).exists():
            return Validator()
        return _noted(self._root / _record(CONTENT))

    def _received(self) -> int:
        try:
            return (self._root / PART).stat().st_size
        except FileNotFoundError:
            return 0

    def _note(self, what: str, validator: Validator) -> None:
        value = {
            "url": shown(without_fragment(self._url)),
            "etag": validator.etag,
            "modified": validator.modified,
        }
        (self._root / _record(what)).write_text(json.dumps(value))

    def _tell(self, size: int, whole: int | None) -> None:
        now = time.monotonic()
        if now - self._told < TOLD_SECONDS:
            return
        self._told = now
        of = f" of {whole / MEBIBYTE:.0f}" if whole else ""
        self._progress(f"{shown(self._url)}: {size / MEBIBYTE:.0f}{of} MiB")


def _record(what: str) -> str:
    return f"{what}.{RECORD}"


def _noted(path: Path) -> Validator:
    try:
        value = json.loads(path.read_bytes())
        return Validator(value["etag"], value["modified"])
    except (OSError, ValueError, KeyError, TypeError):
        return Validator()


def _skip(file: IO[bytes], start: int, digest: Any) -> None:
    """Hashes what came before, and cuts off anything behind it."""
    remaining = start
    while remaining and (block := file.read(min(_BLOCK, remaining))):
        digest.update(block)
        remaining -= len(block)
    file.truncate(start)
    file.seek(start)
