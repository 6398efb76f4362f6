"""The change cases: Markdown that people read, parsed into data.

A file is a group. Its `##` headings are kinds of change, its `###` headings cases. A case shows its
files as fenced blocks: "diff PATH" holds version 1 (lines with ` ` and `-`) and version 2 (lines
with ` ` and `+`) at once; any other language is a file that stays as it is. A `yaml` block holds
what else there is to say, see `Case`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).resolve().parent / "cases"
CONFIG = "model_name: hot\nuse_control_plane: true\nruntime:\n  predict_concurrency: 8\n"
_HEADING = re.compile(r"(#{1,3}) (.+)")
_FENCE = re.compile(r"```(\w+) ?(\S*)")
_OPTIONS = {"exercise", "in_flight", "probe", "saves"}


@dataclass(frozen=True, slots=True)
class Case:
    """One change of a Truss, and how to find out what it leads to.

    `exercise`, `in_flight` and `probe` are requests: the body of a predict, or a mapping with
    `post` or `get` (a path) and `body`. Those of `exercise` are answered by version 1 before the
    change, those in flight begin before it and end after it, those of `probe` come after it. In a
    body in flight, `GATE` stands for the path of a file that opens when the change is done and has
    been probed; then it is probed once more. `saves` is how often the change is saved, there, back
    and there again, within one second.
    """

    group: str
    kind: str
    name: str
    about: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    exercise: tuple[Any, ...] = (1, 2)
    in_flight: tuple[Any, ...] = ()
    probe: tuple[Any, ...] = (1, 2)
    saves: int = 1

    @property
    def probes(self) -> tuple[Any, ...]:
        """Every request of the probing: with requests in flight, and again without."""
        return self.probe * 2 if self.in_flight else self.probe

    @property
    def id(self) -> str:
        """The name as the heading's anchor: unique among all cases."""
        return re.sub(r"[^\w-]", "", self.name.lower().replace(" ", "-"))


@dataclass
class _Section:
    group: str
    kind: str
    name: str
    text: list[str] = field(default_factory=list)
    blocks: list[tuple[str, str, list[str]]] = field(default_factory=list)


def all_cases() -> list[Case]:
    """Every case of every group, in the order of the files' names."""
    return [case for path in sorted(CASES.glob("*.md")) for case in parse(path.read_text())]


def parse(text: str) -> list[Case]:
    """The cases of one file. Raises ValueError for what is not in the format."""
    return [_case(section) for section in _sections(text.splitlines())]


def _sections(lines: list[str]) -> Iterator[_Section]:
    titles = ["", "", ""]
    section: _Section | None = None
    rest = iter(lines)
    for line in rest:
        if heading := _HEADING.fullmatch(line):
            level = len(heading[1])
            titles[level - 1 :] = [heading[2]] + [""] * (3 - level)
            if section:
                yield section
            group, kind, name = titles
            section = _Section(group, kind, name) if name else None
        elif section is None:
            continue
        elif fence := _FENCE.fullmatch(line):
            section.blocks.append((fence[1], fence[2], _until_fence(rest)))
        else:
            section.text.append(line)
    if section:
        yield section


def _until_fence(lines: Iterator[str]) -> list[str]:
    block: list[str] = []
    for line in lines:
        if line == "```":
            return block
        block.append(line)
    raise ValueError("a fenced block does not end")


def _case(section: _Section) -> Case:
    before, after = {"config.yaml": CONFIG}, {"config.yaml": CONFIG}
    options: dict[str, Any] = {}
    for language, path, lines in section.blocks:
        if not path:
            options = yaml.safe_load("\n".join(lines))
        elif language == "diff":
            _put(before, path, _side(lines, "-"))
            _put(after, path, _side(lines, "+"))
        else:
            before[path] = after[path] = "\n".join(lines) + "\n"
    if unknown := options.keys() - _OPTIONS:
        raise ValueError(f"{section.name}: unknown options {sorted(unknown)}")
    return Case(
        group=section.group,
        kind=section.kind,
        name=section.name,
        about=" ".join(line for line in section.text if line),
        before=before,
        after=after,
        **{name: _frozen(value) for name, value in options.items()},
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _put(files: dict[str, str], path: str, lines: list[str]) -> None:
    if lines:
        files[path] = "\n".join(lines) + "\n"


def _side(lines: list[str], marker: str) -> list[str]:
    """The lines of one version. An empty line belongs to both unless the file is one-sided."""
    marked = [line for line in lines if line]
    if any(line[0] not in " +-" for line in marked):
        raise ValueError(f"neither context nor change: {lines}")
    if not any(line[0] in (" ", marker) for line in marked):
        return []
    return [line[1:] for line in lines if not line or line[0] in (" ", marker)]
