"""Every name in a Python text: where it stands, and what it means there.

Told from the syntax by the rules of Python's scopes; the text is never run.
"""

from __future__ import annotations

import ast
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import resolve_name
from typing import TYPE_CHECKING, Any

from lsp_server.features.python_names import parsed
from lsp_server.features.python_places import Places
from lsp_server.features.python_scopes import Names, Origin, Scope, Use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Literal


@lru_cache(maxsize=256)
def names_in(text: str, module: str, *, is_package: bool) -> Names:
    """The names of the file of a module; none of what is no Python."""
    tree = parsed(text)
    if tree is None:
        return Names()
    reader = _Reader(text, module, module if is_package else module.rpartition(".")[0])
    try:
        return reader.names(tree)
    except RecursionError:
        return Names()


class _Reader:
    """Walks a module. Uses are resolved at the end, when it is known what each scope binds."""

    def __init__(self, text: str, module: str, package: str) -> None:
        self._scope = Scope()
        self._imports: list[tuple[Origin, int]] = []
        self._places = Places(text)
        self._module = module
        self._package = package
        self._uses: list[tuple[Scope, tuple[str, ...], tuple[int, ...]]] = []
        self._annotation = False

    def names(self, tree: ast.Module) -> Names:
        self._block(tree.body)
        exports = {name: frozenset(found) for name, found in self._scope.bound.items()}
        uses, imports = tuple(self._resolved()), tuple(self._imports)
        return Names(uses, imports, exports, tuple(self._scope.stars))

    def _resolved(self) -> Iterator[Use]:
        for scope, parts, starts in self._uses:
            if origins := frozenset(scope.origins(parts[0])):
                yield Use(parts, starts, origins)

    def _block(self, statements: Sequence[ast.AST]) -> None:
        for statement in statements:
            self._visit(statement)

    def _visit(self, node: ast.AST | None) -> None:
        if node is not None:
            _HANDLERS.get(type(node), _Reader._children)(self, node)

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self._visit(child)

    def _name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._bind(node.id)
        self._use((node.id,), (self._places.start(node),))

    def _attribute(self, node: ast.Attribute) -> None:
        parts, starts = [node.attr], [self._places.end(node) - len(node.attr)]
        inner = node.value
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            starts.append(self._places.end(inner) - len(inner.attr))
            inner = inner.value
        if not isinstance(inner, ast.Name):
            self._visit(inner)
            return
        self._use((inner.id, *reversed(parts)), (self._places.start(inner), *reversed(starts)))

    def _constant(self, node: ast.Constant) -> None:
        """What stands in quotes because it is defined further below: `def make() -> "Model"`."""
        if not self._annotation or self._places.is_quoted or not isinstance(node.value, str):
            return
        if (start := self._places.inside(node)) is None:
            return
        try:
            expression = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        with self._places.within(start):
            self._visit(expression)

    def _subscript(self, node: ast.Subscript) -> None:
        self._visit(node.value)
        before = self._annotation
        # The texts of a Literal are values.
        called = node.value.attr if isinstance(node.value, ast.Attribute) else node.value
        self._annotation &= getattr(called, "id", called) != "Literal"
        self._visit(node.slice)
        self._annotation = before

    def _annotated(self, node: ast.expr | None) -> None:
        self._annotation = True
        self._visit(node)
        self._annotation = False

    def _annassign(self, node: ast.AnnAssign) -> None:
        self._visit(node.target)
        self._annotated(node.annotation)
        self._visit(node.value)
        self._exported([node.target], node.value)

    def _assign(self, node: ast.Assign) -> None:
        self._children(node)
        self._exported(node.targets, node.value)

    def _augassign(self, node: ast.AugAssign) -> None:
        self._children(node)
        self._exported([node.target], node.value)

    def _exported(self, targets: Sequence[ast.expr], value: ast.expr | None) -> None:
        """The names in `__all__`."""
        named = any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets)
        if named and isinstance(value, (ast.List, ast.Tuple)):
            texts = (one for one in value.elts if isinstance(one, ast.Constant))
            for text in texts:
                start = self._places.inside(text)
                if isinstance(text.value, str) and start is not None:
                    self._use((text.value,), (start,))

    def _bind(self, name: str, origin: Origin | None = None) -> None:
        """A name that is defined in a module is what that module has by this name."""
        if origin is None and self._scope.binds_at_top(name):
            origin = Origin(self._module, name)
        self._scope.bind(name, origin)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            first = alias.name.partition(".")[0]
            self._bind(alias.asname or first, Origin(alias.name if alias.asname else first))

    def _importfrom(self, node: ast.ImportFrom) -> None:
        try:
            module = resolve_name("." * node.level + (node.module or ""), self._package)
        except ImportError:  # more dots than there are packages
            module = "."
        for alias in node.names:
            if alias.name == "*":
                self._scope.top.stars.append(module)
                continue
            origin = Origin(module, alias.name, renamed=alias.asname is not None)
            self._imports.append((origin, self._places.start(alias)))
            self._bind(alias.asname or alias.name, origin)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._defined(node)
        self._annotated(node.returns)
        self._called(node.args, node.body, getattr(node, "type_params", []))

    def _lambda(self, node: ast.Lambda) -> None:
        self._called(node.args, [node.body], [])

    def _called(self, args: ast.arguments, body: Sequence[ast.AST], generic: Sequence[Any]) -> None:
        parameters = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        parameters += [one for one in (args.vararg, args.kwarg) if one]
        for one in parameters:
            self._annotated(one.annotation)
        for default in (*args.defaults, *args.kw_defaults):
            self._visit(default)
        with self._within("function"):
            for name in (*(one.arg for one in parameters), *(one.name for one in generic)):
                self._scope.bind(name)
            self._block(body)

    def _classdef(self, node: ast.ClassDef) -> None:
        self._defined(node)
        for expression in (*node.bases, *(one.value for one in node.keywords)):
            self._visit(expression)
        with self._within("class"):
            self._block(node.body)

    def _defined(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self._visit(decorator)
        self._bind(node.name)
        words = self._places.words(node.name, self._places.start(node), self._places.end(node))
        self._use((node.name,), (next(words),))

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        first, *others = node.generators
        self._visit(first.iter)
        with self._within("comprehension"):
            for part in (first.target, *first.ifs, *others):
                self._visit(part)
            for name in ("elt", "key", "value"):
                self._visit(getattr(node, name, None))

    def _namedexpr(self, node: ast.NamedExpr) -> None:
        inner = self._scope
        while self._scope.kind == "comprehension" and self._scope.parent is not None:
            self._scope = self._scope.parent
        self._visit(node.target)
        self._scope = inner
        self._visit(node.value)

    def _caught(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name)
        self._children(node)

    def _matched(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self._bind(node.rest)
        self._children(node)

    def _declared(self, node: ast.Global | ast.Nonlocal) -> None:
        start, end = self._places.start(node), self._places.end(node)
        for name in node.names:
            self._scope.declared[name] = type(node).__name__.lower()
            for at in self._places.words(name, start, end):
                self._use((name,), (at,))

    @contextmanager
    def _within(self, kind: Literal["class", "function", "comprehension"]) -> Iterator[None]:
        outer = self._scope
        self._scope = Scope(outer, kind)
        yield
        self._scope = outer

    def _use(self, parts: tuple[str, ...], starts: tuple[int, ...]) -> None:
        self._uses.append((self._scope, parts, starts))


_HANDLERS: dict[type[ast.AST], Callable[[_Reader, Any], None]] = {
    ast.AnnAssign: _Reader._annassign,
    ast.Assign: _Reader._assign,
    ast.AsyncFunctionDef: _Reader._function,
    ast.Attribute: _Reader._attribute,
    ast.AugAssign: _Reader._augassign,
    ast.ClassDef: _Reader._classdef,
    ast.Constant: _Reader._constant,
    ast.DictComp: _Reader._comprehension,
    ast.ExceptHandler: _Reader._caught,
    ast.FunctionDef: _Reader._function,
    ast.GeneratorExp: _Reader._comprehension,
    ast.Global: _Reader._declared,
    ast.Import: _Reader._import,
    ast.ImportFrom: _Reader._importfrom,
    ast.Lambda: _Reader._lambda,
    ast.ListComp: _Reader._comprehension,
    ast.MatchAs: _Reader._caught,
    ast.MatchMapping: _Reader._matched,
    ast.MatchStar: _Reader._caught,
    ast.Name: _Reader._name,
    ast.NamedExpr: _Reader._namedexpr,
    ast.Nonlocal: _Reader._declared,
    ast.SetComp: _Reader._comprehension,
    ast.Subscript: _Reader._subscript,
}
