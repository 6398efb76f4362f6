"""Whether a Truss's code can see what is not code: line numbers, comments, docstrings, files.

A comment cannot change what a model answers, unless the model looks at its own source. These tests
err on the side of "it looks": then the model is reloaded, which is never wrong.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from truss_base.plan.definitions import Function, docstring, documented, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from truss_base.patch import TreeFile

# Tracebacks in an answer show line numbers and the lines themselves, comments included.
_SOURCE_READERS = re.compile(
    rb"\b(inspect|traceback|linecache|tokenize|getsource\w*|currentframe|_getframe|\w*lineno)\b"
    rb"|open\(\s*__file__|__file__\s*\)\s*\.\s*read|\.py[\"']"
)
_DOCSTRING_READERS = re.compile(rb"\b(__doc__|getdoc|pydoc|doctest|docopt|\w*docstring\w*|help)\b")
_DIRECTORY_READERS = re.compile(rb"\b(listdir|scandir|iterdir|r?i?glob|walk|copytree)\b")
_CODE = (".py",)
# Where the name of a file that code opens may stand instead. Not JSON: it may be a gigabyte.
_SETTINGS = (".yaml", ".yml", ".toml", ".cfg", ".ini", ".txt", ".sh")
# These hand the function on as it is.
_PLAIN_DECORATORS = frozenset(
    {
        "abstractmethod",
        "asynccontextmanager",
        "cache",
        "cached_property",
        "classmethod",
        "contextmanager",
        "lru_cache",
        "override",
        "property",
        "staticmethod",
    }
)


def reads_source(content: bytes) -> bool:
    """Whether code may look at lines or comments."""
    return _SOURCE_READERS.search(content) is not None


class Sources:
    """The Python sources of a Truss, before and after a change.

    Read only when asked: most changes of code are decided without them.
    """

    def __init__(self, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> None:
        """`new` has what is another after the change, or more."""
        self._old = old
        self._new = new

    @classmethod
    def of(cls, old: Mapping[str, bytes], changes: Mapping[str, TreeFile | None]) -> Sources:
        """The sources below `old`, with changes of which None removes a file."""
        new = {path: file.content for path, file in changes.items() if file is not None}
        return cls(old, new)

    def _every(self, suffixes: tuple[str, ...] = _CODE) -> Iterator[tuple[str, bytes]]:
        for path in sorted({*self._old, *self._new}):
            if not path.endswith(suffixes):
                continue
            if path in self._old:
                yield path, self._old[path]
            if path in self._new:
                yield path, self._new[path]

    def reader_of_source(self) -> str | None:
        """What may look at lines or comments: "`traceback` in model/model.py"; None if nothing."""
        return self._first(_SOURCE_READERS)

    def reader_of_file(self, path: str) -> str | None:
        """What may read the document at `path`, as `reader_of_source`."""
        name = path.rpartition("/")[2]
        stem, _, suffix = name.rpartition(".")
        words = [re.escape(word) for word in (name, stem, f".{suffix}" if stem else "") if word]
        in_code = re.compile("|".join(words).encode(), re.IGNORECASE)
        in_settings = re.compile(re.escape(name).encode(), re.IGNORECASE)
        return (
            self._first(in_code)
            or self._first(_DIRECTORY_READERS)
            or self._first(in_settings, _SETTINGS, besides=path)
        )

    def reader_of_docstrings(self, before: ast.Module, after: ast.Module) -> str | None:
        """What may read one of the docstrings in which two trees differ, and nothing else."""
        for (_, old, _), (name, new, derived) in zip(
            documented(before), documented(after), strict=True
        ):
            if docstring(old) != docstring(new):
                plain = isinstance(new, ast.Module) or (is_plain(new) and not derived)
                reader = self.reader_of_docstring(name, plain=plain)
                if reader:
                    return reader
        return None

    def reader_of_docstring(self, name: str, *, plain: bool) -> str | None:
        """What may read the docstring of a definition, "" for a module, that is another now.
        `plain`: no base class or decorator is given it."""
        explicit = self._first(_DOCSTRING_READERS)
        if explicit or not name:
            return explicit
        if not plain:
            return f"a base class or decorator of `{name}`"
        user = next(self._value_uses(name.rpartition(".")[2]), None)
        return f"whoever is given `{name}` in {user}" if user else None

    def _value_uses(self, name: str) -> Iterator[str]:
        """The paths whose code passes `name` on instead of calling it."""
        word = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b")
        for path, content in self._every():
            if word.search(content) and _passes_on(name, content):
                yield path

    def _first(
        self, pattern: re.Pattern[bytes], suffixes: tuple[str, ...] = _CODE, besides: str = ""
    ) -> str | None:
        for path, content in self._every(suffixes):
            if path == besides:
                continue
            match = pattern.search(content)
            if match:
                return f"`{match[0].decode('utf-8', 'replace')}` in {path}"
        return None


def is_plain(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether no base class or decorator is given a definition and looks at it."""
    if not isinstance(node, Function):
        return not (node.bases or node.keywords or node.decorator_list)
    return all(_decorator(item) in _PLAIN_DECORATORS for item in node.decorator_list)


def _decorator(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _passes_on(name: str, source: bytes) -> bool:
    try:
        tree = parse(source)
    except SyntaxError:
        return True
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return any(_means(node, name) and id(node) not in called for node in ast.walk(tree))


def _means(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name
    if isinstance(node, ast.Attribute):
        return node.attr == name
    # getattr(module, "name") and registries of names
    return isinstance(node, ast.Constant) and node.value == name
