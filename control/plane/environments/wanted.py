"""What a release asks to be installed. Pure but for `read`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from truss_base import paths, requirements
from truss_base.exceptions import PathError
from truss_base.tree import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truss_base.config import TrussConfig

LOCK_FILE = "uv.lock"


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement and where it stands; `number` counts from 1."""

    text: str
    path: str
    number: int


@dataclass(frozen=True)
class Wanted:
    """The Python requirements of a release.

    `lines` are the entries of `requirements`; `file` is the path of `requirements_file`. `texts`
    holds that file and all that belongs to it, `local` the digests of the files that requirements
    name, both by path in the Truss.
    """

    lines: tuple[Line, ...] = ()
    file: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    local: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Equal exactly when the same is asked for. The order and the place of lines are nothing
        that an installer would look at."""
        return _digest(
            *sorted(line.text for line in self.lines),
            *(f"{path}\n{_essence(path, text)}" for path, text in sorted(self.texts.items())),
            self.sources_key,
        )

    @property
    def sources_key(self) -> str:
        """Names the content of `local`; empty where requirements name no path."""
        if not self.local:
            return ""
        return _digest(*(f"{path}\n{digest}" for path, digest in sorted(self.local.items())))

    def all_lines(self) -> Iterator[Line]:
        """Every requirement and option, also of the files."""
        yield from self.lines
        for path, text in self.texts.items():
            yield from _lines_of(path, text)


@dataclass(frozen=True, slots=True)
class Difference:
    """The lines of requirements and constraints that came, and those that went."""

    came: frozenset[str]
    went: frozenset[str]

    @classmethod
    def between(cls, before: Wanted, after: Wanted) -> Difference:
        """From one set of requirements to another."""
        old = frozenset(line.text for line in before.all_lines())
        new = frozenset(line.text for line in after.all_lines())
        return cls(new - old, old - new)

    @property
    def projects(self) -> set[str]:
        """The projects whose version is to be chosen anew."""
        return _projects(self.came | self.went)

    @property
    def loosened(self) -> set[str]:
        """Projects that may be there for another reason still, and now in any version."""
        return _projects(self.went) - _projects(self.came)

    @property
    def leaves_no_choice(self) -> bool:
        """Whether every line that came names one version."""
        return all(requirements.pinned(line) for line in self.came)


def _projects(lines: frozenset[str]) -> set[str]:
    return {name for line in lines if (name := requirements.project(line))}


def wanted_by(
    config: TrussConfig, digests: Mapping[str, str], read: Callable[[str], str]
) -> Wanted:
    """What the Truss with these files (path to content digest) asks for.

    `read` gives a file's text and raises OSError for one that cannot be read.
    """
    file = _file_of(config)
    texts = {} if file is None else requirements.files_of(file, read)
    lines = _config_lines(config.requirements, read)
    named = [line.text for line in lines]
    named += [line for text in texts.values() for line in text.splitlines()]
    local = requirements.local_paths(named)
    found = {path: digests[path] for path in digests if _is_in(path, local)}
    return Wanted(tuple(lines), file, texts, found)


def _essence(path: str, text: str) -> str:
    # Only pip's format says everything in its lines; a lock file has more than versions.
    if path.endswith((".toml", ".lock")):
        return text
    return "\n".join(requirements.parse(path, text))


def _file_of(config: TrussConfig) -> str | None:
    if not config.requirements_file:
        return None
    try:
        return paths.normalize(config.requirements_file)
    except PathError:
        # Nothing outside the Truss is read; the installer says that the file is not there.
        return None


def _is_in(path: str, folders: list[str]) -> bool:
    return any(folder in (".", path) or path.startswith(f"{folder}/") for folder in folders)


def _lines_of(path: str, text: str) -> Iterator[Line]:
    rows = text.splitlines()
    for asked in requirements.parse(path, text):
        # TOML says it in other words, and a line that goes on has none of its own.
        told = (asked, asked.partition("==")[0], asked.split()[0])
        number = next((n for it in told for n, row in enumerate(rows, 1) if it in row), 1)
        yield Line(asked, path, number)


def _config_lines(entries: list[str], read: Callable[[str], str]) -> list[Line]:
    """The entries of `requirements` with their lines in `config.yaml`."""
    if not entries:
        return []
    from truss_base.document import Document

    document = Document.parse(read(CONFIG_FILE))
    found = []
    for index, text in enumerate(entries):
        node = document.node(("requirements", index))
        line = document.lines.line_at(node.start) + 1 if node is not None else 1
        found.append(Line(text, CONFIG_FILE, line))
    return found


def _digest(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}\0{part}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
