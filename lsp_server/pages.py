"""The generated documentation as files, so that hovers and diagnostics can link into it offline."""

from __future__ import annotations

import logging
import re
from functools import cached_property
from typing import TYPE_CHECKING

from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)
REFERENCE, CATALOGUE = "config-reference.md", "validation.md"
_ANCHOR = re.compile(r'<a id="([^"]+)">')
_HEADING = re.compile(r"^## (\S+)$")


class Pages:
    """Two pages in a folder of the cache. A link ends in a line, which editors jump to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, int] = {}

    def write(self) -> None:
        """Makes the pages; called once, off the event loop. Without room for them: no links."""
        from truss_base.reference.page import reference_page

        reference = reference_page()
        try:
            self._put(REFERENCE, reference)
            self._put(CATALOGUE, self._catalogue)
        except OSError as error:
            logger.warning("The documentation cannot be written: %s", error)
        self._keys = _lines(reference, _ANCHOR)

    def of_key(self, anchor: str | None) -> str | None:
        """The link to a key of the config; None before `write` has come so far."""
        line = self._keys.get(anchor or "")
        return f"{uri_of(self._folder / REFERENCE)}#L{line}" if line else None

    def of_code(self, code: str) -> str | None:
        """The link to what a finding means."""
        line = self._codes.get(code)
        return f"{self._catalogue_uri}#L{line}" if line else None

    @cached_property
    def _catalogue(self) -> str:
        from truss_base.validation.catalogue import catalogue

        return catalogue()

    @cached_property
    def _catalogue_uri(self) -> str:
        return uri_of(self._folder / CATALOGUE)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return _lines(self._catalogue, _HEADING)

    def _put(self, name: str, text: str) -> None:
        from truss_handle.files import write_atomic

        path = self._folder / name
        if not path.is_file() or path.read_text("utf-8", "replace") != text:
            write_atomic(path, text)


def _lines(page: str, pattern: re.Pattern[str]) -> dict[str, int]:
    """Anchor → line, counted from 1."""
    return {
        match[1]: number
        for number, line in enumerate(page.split("\n"), start=1)
        if (match := pattern.search(line))
    }
