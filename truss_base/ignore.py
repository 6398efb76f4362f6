"""Which files of a directory are no part of its Truss: the one ignore function.

`.truss_ignore` in the Truss's root has the syntax of git's ignore files. Its lines are added after
a short list of defaults, so that a line `!.vscode/` takes a default back.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base.exceptions import IgnoreError

if TYPE_CHECKING:
    from pathlib import Path

IGNORE_FILE = ".truss_ignore"

# Without it there is no Truss, so no rule can hide it.
_ALWAYS_KEPT = "config.yaml"

# Only what is never content, whatever the project: byte-code and tool caches, version control,
# editors and operating systems. Names that may be code or data (`lib/`, `build/`, `*.so`, `*.log`,
# `env/`) are not here: a file that silently never reaches the container costs an afternoon.
DEFAULTS = """\
__pycache__/
*.pyc
*.pyo
.mypy_cache/
.pytest_cache/
.ruff_cache/
.hypothesis/
.ipynb_checkpoints/
.git
.hg/
.svn/
.venv/
.idea/
.vscode/
*.swp
*.swo
*~
.#*
\\#*#
.DS_Store
._*
Thumbs.db
desktop.ini
"""

_GROUP_NAME = re.compile(r"\(\?P<\w+>")


@dataclass(frozen=True, slots=True)
class _Rule:
    regex: re.Pattern[str]
    ignores: bool
    directories_only: bool

    def matches(self, path: str, is_dir: bool) -> bool:
        if self.directories_only and not is_dir:
            return False
        match = self.regex.search(path)
        # pathspec names a group when a pattern matched through a parent directory. Parents are
        # asked one by one here (as git does), so only a match of the path itself counts.
        return match is not None and match.lastgroup is None


class IgnoreRules:
    """The rules of one Truss. The last rule that matches a path decides, as in git.

    A file below an ignored directory is ignored, and no rule can take it back: ignored
    directories are never looked into.
    """

    def __init__(self, rules: tuple[_Rule, ...], text: str) -> None:
        self._rules = rules
        self.text = text  # of the .truss_ignore
        # One expression that finds whatever any rule may match: most paths cost one search.
        sources = [_GROUP_NAME.sub("(?:", rule.regex.pattern) for rule in rules]
        self._any = re.compile("|".join(sources))

    @classmethod
    @lru_cache(maxsize=16)  # thirty expressions to compile, on every scan of the same Truss
    def parse(cls, text: str) -> IgnoreRules:
        """The rules of a `.truss_ignore` with this text, after the defaults.

        Raises IgnoreError naming the first line that is no pattern.
        """
        return cls(_rules(DEFAULTS) + _rules(text.removeprefix("\ufeff")), text)

    @classmethod
    def load(cls, truss_dir: Path) -> IgnoreRules:
        """The rules that hold in `truss_dir`; the defaults alone when it has no `.truss_ignore`.

        Raises IgnoreError when the file cannot be read, is not UTF-8 or holds no valid pattern.
        """
        try:
            text = (truss_dir / IGNORE_FILE).read_bytes().decode()
        except FileNotFoundError:
            text = ""
        except UnicodeDecodeError:
            raise IgnoreError(f"{IGNORE_FILE} is not UTF-8: save it in that encoding") from None
        except OSError as error:
            raise IgnoreError(f"{IGNORE_FILE} cannot be read: {error.strerror}") from error
        return cls.parse(text)

    def ignores(self, path: str, is_dir: bool) -> bool:
        """Whether the normalised `path`, or a directory above it, is ignored."""
        end = path.find("/")
        while end >= 0:
            if self.ignores_entry(path[:end], True):
                return True
            end = path.find("/", end + 1)
        return self.ignores_entry(path, is_dir)

    def ignores_entry(self, path: str, is_dir: bool) -> bool:
        """As `ignores`, for a path whose parents are known to be kept: what a walk asks."""
        if path == _ALWAYS_KEPT or not self._any.search(path):
            return False
        for rule in reversed(self._rules):
            if rule.matches(path, is_dir):
                return rule.ignores
        return False


def _rules(text: str) -> tuple[_Rule, ...]:
    lines = re.split(r"\r?\n", unicodedata.normalize("NFC", text))
    rules = (_rule(line, number) for number, line in enumerate(lines, start=1))
    return tuple(rule for rule in rules if rule is not None)


def _rule(line: str, number: int) -> _Rule | None:
    # Imported here: pathspec costs 60 ms, and who only wants a patch's type never needs it.
    from pathspec.patterns.gitignore import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    text = line if line.endswith("\\ ") else line.rstrip()
    directories_only = text.endswith("/") and text.strip("!/") != ""
    try:
        pattern = GitIgnoreSpecPattern(text.removesuffix("/") if directories_only else text)
    except (GitIgnorePatternError, ValueError, re.error):
        raise IgnoreError(f"{IGNORE_FILE} line {number}: {line!r} is no valid pattern") from None
    if pattern.regex is None or pattern.include is None:
        return None
    return _Rule(pattern.regex, pattern.include, directories_only)
