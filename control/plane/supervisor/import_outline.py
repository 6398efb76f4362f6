"""The imports of one Python file that are certain to be executed, and to come first. Pure."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truss_base.generations import Generations

if TYPE_CHECKING:
    from collections.abc import Iterable

# A generation is one start: most files are what they were at the last one.
OUTLINES = Generations(least=32)

# Calls that people place between imports, and that change nothing an import looks at.
HARMLESS_CALLS = frozenset({"getLogger", "getenv", "Path", "TypeVar", "get", "namedtuple"})
FUNCTIONS_OF_A_START = ("__init__", "load")
# Called between them, so that what `load` imports no longer comes first.
BETWEEN = "setup_environment"

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Import:
    """`import module` (no names), or `from module import names`; `level` counts leading dots."""

    module: str
    names: tuple[str, ...] = ()
    level: int = 0

    def __str__(self) -> str:
        return f"{self.module}:{','.join(self.names)}" if self.names else self.module


@dataclass(frozen=True, slots=True)
class Outline:
    """`is_complete`: nothing but imports and definitions was found."""

    imports: tuple[Import, ...]
    is_complete: bool


@OUTLINES.remembered
def outline(content: bytes, class_name: str | None = None) -> Outline:
    """The imports of a module; with `class_name` those of that class's construction and `load` too.

    Raises:
        SyntaxError, ValueError: it is no Python, or nested too deeply to be read.
    """
    try:
        tree = ast.parse(content)
    except (RecursionError, MemoryError) as error:
        raise ValueError("nested too deeply") from error
    found: list[Import] = []
    complete = _collect(tree.body, found)
    if complete and class_name is not None:
        _collect_start(tree, class_name, found)
    return Outline(tuple(found), complete)


def _collect(statements: Iterable[ast.stmt], found: list[Import]) -> bool:
    """Adds imports up to the first statement that might have an effect; False if there is one."""
    for statement in statements:
        if isinstance(statement, ast.Import):
            found.extend(Import(alias.name) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            _collect_from(statement, found)
        elif not _is_harmless(statement):
            return False
    return True


def _collect_from(statement: ast.ImportFrom, found: list[Import]) -> None:
    if statement.module == "__future__":
        return
    names = tuple(alias.name for alias in statement.names if alias.name != "*")
    found.append(Import(statement.module or "", names, statement.level))


def _collect_start(tree: ast.Module, class_name: str, found: list[Import]) -> None:
    """The imports at the head of `__init__` and `load`, which are called right after."""
    classes = [s for s in tree.body if isinstance(s, ast.ClassDef) and s.name == class_name]
    if not classes or classes[-1].bases or classes[-1].keywords:
        return
    functions = {s.name: s for s in classes[-1].body if isinstance(s, _Function)}
    if BETWEEN in functions:
        return
    for name in FUNCTIONS_OF_A_START:
        if name in functions and not _collect(functions[name].body, found):
            return


def _is_harmless(statement: ast.stmt) -> bool:
    if isinstance(statement, (*_Function, ast.Pass)):
        return True
    if isinstance(statement, ast.ClassDef):
        return all(_is_harmless(inner) for inner in statement.body)
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Assign):
        return all(map(_is_name, statement.targets)) and _is_plain(statement.value)
    if isinstance(statement, ast.AnnAssign):
        return _is_name(statement.target) and _is_plain(statement.value)
    if isinstance(statement, ast.If):
        return "TYPE_CHECKING" in ast.dump(statement.test) and not statement.orelse
    return False


def _is_name(target: ast.expr) -> bool:
    """A variable, or an attribute of `self`: not `os.environ[...]`, not `sys.path`."""
    if isinstance(target, ast.Attribute):
        return isinstance(target.value, ast.Name) and target.value.id == "self"
    if isinstance(target, ast.Tuple):
        return all(map(_is_name, target.elts))
    return isinstance(target, ast.Name)


def _is_plain(value: ast.expr | None) -> bool:
    """Whether evaluating `value` calls nothing but what is known to be harmless."""
    nodes: Iterable[Any] = ast.walk(value) if value is not None else ()
    return not any(
        isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr))
        or (isinstance(node, ast.Call) and _called(node) not in HARMLESS_CALLS)
        for node in nodes
    )


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
