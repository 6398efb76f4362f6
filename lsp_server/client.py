"""The editor at the other end, as plain types: what it can do and what we may tell or ask it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from lsp_server.items import Json, Problem

if TYPE_CHECKING:
    from truss_base.document import Encoding

Token = int | str
Level = Literal["error", "warning", "information", "log"]


@dataclass(frozen=True, slots=True)
class Abilities:
    """The client's optional capabilities that change what we send. All false: the bare protocol."""

    pull_diagnostics: bool = False
    refresh_diagnostics: bool = False
    refresh_lenses: bool = False
    refresh_hints: bool = False
    related_information: bool = False
    diagnostic_tags: bool = False
    diagnostic_links: bool = False
    action_literals: bool = False
    disabled_actions: bool = False
    preferred_actions: bool = False
    versioned_edits: bool = False
    creates_files: bool = False
    symbol_trees: bool = False
    progress: bool = False
    configuration: bool = False
    watch_configuration: bool = False
    watch_files: bool = False
    relative_patterns: bool = False
    markdown: bool = False
    markdown_completion: bool = False
    snippets: bool = False
    lines_as_they_are: bool = False
    resolves_documentation: bool = False
    opens_documents: bool = False
    encoding: Encoding = "utf-16"


class Client(Protocol):
    """What the server may say to the editor. Everything returns at once, except what asks."""

    def publish(self, uri: str, version: int | None, problems: Sequence[Problem]) -> None: ...

    def refresh_diagnostics(self) -> None: ...

    def refresh_lenses(self) -> None: ...

    def refresh_hints(self) -> None: ...

    def notify(self, method: str, params: Json) -> None: ...

    def show(self, level: Level, message: str) -> None: ...

    async def open_document(self, uri: str) -> bool: ...

    async def choose(self, message: str, choices: Sequence[str]) -> str | None: ...

    async def configuration(self, section: str, scopes: Sequence[str]) -> Sequence[object]: ...

    async def create_progress(self, token: Token) -> bool: ...

    def progress(self, token: Token, value: Json) -> None: ...

    def watch(self, registration: str, globs: Sequence[tuple[str | None, str]]) -> None: ...

    def watch_configuration(self, section: str) -> None: ...
