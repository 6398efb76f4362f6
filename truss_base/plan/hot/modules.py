"""From the source of a module to its facts: its definitions, each scanned once."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.definitions import Function, parse
from truss_base.plan.hot.facts import Definition, Import, Kind, ModuleFacts, Role, Scan
from truss_base.plan.hot.scan import scan
from truss_base.plan.hot.syntax import MUTATORS, Decorated, dotted, import_target
from truss_base.plan.observers import reads_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FIELDS = "#fields"
"""The member of a class that stands for the order of its variables: fields, enum members."""

STAR = "*"
"""The name of the import of everything in a module."""

_Memo = dict[tuple[str, str], Scan]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one statement gives to one name."""

    name: str
    kind: Kind
    place: int
    node: ast.stmt
    text: str


def module_facts(content: bytes, previous: ModuleFacts | None = None) -> ModuleFacts:
    """Analyses a module. Scans of definitions that `previous` has with the same text are reused.

    Raises SyntaxError for a source that does not parse.
    """
    tree = parse(content)
    try:
        return _facts(content, tree, previous)
    except RecursionError:
        raise SyntaxError("nested too deeply") from None


def _facts(content: bytes, tree: ast.Module, previous: ModuleFacts | None) -> ModuleFacts:
    lines = _lines(content)
    futures = frozenset(_futures(tree))
    memo = _memo(previous) if previous is not None and previous.futures == futures else {}
    reader = _Reader(lines, "annotations" in futures, memo)
    for index, statement in enumerate(tree.body):
        reader.read(statement, index)
    definitions = reader.definitions()
    definitions.update(_made_at_run_time(definitions))
    return ModuleFacts(
        source="\n".join(lines),
        definitions=definitions,
        statements=_names(reader.statements, len(tree.body)),
        bodies=reader.bodies,
        stars=tuple(reader.stars),
        futures=futures,
        reads_source=reads_source(content),
        words=_words(definitions),
        interface=_interface(definitions, reader.stars),
    )


def _made_at_run_time(definitions: Mapping[str, Definition]) -> dict[str, Definition]:
    """The variables that only functions bind, by `global`: they have no statement."""
    names = {
        use.path[0]: definition.line
        for definition in definitions.values()
        for scan in definition.scans
        for use in scan.stores
        if use.role is Role.STORE and len(use.path) == 1 and use.path[0] not in definitions
    }
    return {name: Definition(name, Kind.VARIABLE, (), line, (), ()) for name, line in names.items()}


def _words(definitions: Mapping[str, Definition]) -> frozenset[str]:
    scans = [scan for definition in definitions.values() for scan in definition.scans]
    used = (part for scan in scans for use in scan.uses for part in use.path)
    return frozenset(used).union(*(scan.attributes for scan in scans))


def _interface(definitions: Mapping[str, Definition], stars: Sequence[Import]) -> int:
    imports = (
        (definition.name, *definition.texts)
        for definition in definitions.values()
        if definition.kind in (Kind.IMPORT, Kind.CLASS)
    )
    names = ((definition.name, definition.kind) for definition in definitions.values())
    return hash((frozenset(imports), frozenset(names), tuple(stars)))


def _lines(content: bytes) -> list[str]:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _futures(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            yield from (alias.name for alias in node.names)


def _memo(previous: ModuleFacts) -> _Memo:
    return {
        (definition.name, text): scanned
        for definition in previous.definitions.values()
        for text, scanned in zip(definition.texts, definition.scans, strict=True)
    }


def _names(statements: Mapping[int, list[str]], count: int) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(statements.get(index, ())) for index in range(count))


class _Reader:
    def __init__(self, lines: Sequence[str], lazy_annotations: bool, memo: _Memo) -> None:
        self._lines = lines
        self._lazy = lazy_annotations
        self._memo = memo
        self._pieces: dict[str, list[_Piece]] = {}
        self.statements: dict[int, list[str]] = {}
        self.bodies: dict[str, tuple[tuple[str, ...], ...]] = {}
        self.stars: list[Import] = []

    def read(self, statement: ast.stmt, index: int) -> None:
        if _never_runs(statement):
            return
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self._imports(statement, index)
        elif isinstance(statement, ast.ClassDef):
            self._class(statement, index)
        else:
            for name, kind in self._bindings(statement):
                self._add(_Piece(name, kind, index, statement, self._text(statement)))

    def definitions(self) -> dict[str, Definition]:
        return {name: self._definition(name, pieces) for name, pieces in self._pieces.items()}

    def _add(self, piece: _Piece, statements: dict[int, list[str]] | None = None) -> None:
        self._pieces.setdefault(piece.name, []).append(piece)
        (self.statements if statements is None else statements).setdefault(piece.place, []).append(
            piece.name
        )

    def _definition(self, name: str, pieces: list[_Piece]) -> Definition:
        kinds = {piece.kind for piece in pieces} - {Kind.EFFECT}
        return Definition(
            name=name,
            kind=kinds.pop() if len(kinds) == 1 else Kind.COMPOUND if kinds else Kind.EFFECT,
            places=tuple(piece.place for piece in pieces),
            line=_first_line(pieces[0].node),
            texts=tuple(piece.text for piece in pieces),
            scans=tuple(self._scan(piece) for piece in pieces),
        )

    def _scan(self, piece: _Piece) -> Scan:
        known = self._memo.get((piece.name, piece.text))
        if known is not None:
            return known
        member = "." in piece.name and not piece.name.startswith("#")
        return scan(piece.node, _first_line(piece.node), member=member, lazy_annotations=self._lazy)

    def _text(self, node: ast.stmt) -> str:
        return "\n".join(self._lines[_first_line(node) - 1 : node.end_lineno])

    def _imports(self, statement: ast.Import | ast.ImportFrom, index: int) -> None:
        for alias in statement.names:
            if alias.name == STAR:
                self.stars.append(import_target(statement, alias)[1])
            name, target = import_target(statement, alias)
            part = _one_import(statement, alias)
            self._add(_Piece(name, Kind.IMPORT, index, part, repr(target)))

    def _class(self, statement: ast.ClassDef, index: int) -> None:
        header = ast.ClassDef(**{**dict(ast.iter_fields(statement)), "body": []})
        ast.copy_location(header, statement)
        text = ast.unparse(header)
        self._add(_Piece(statement.name, Kind.CLASS, index, header, text))
        members: dict[int, list[str]] = {}
        fields: list[str] = []
        for place, inner in enumerate(statement.body):
            if _is_text(inner) or isinstance(inner, ast.Pass):
                continue
            for member, kind in self._bindings(inner):
                name = f"{statement.name}.{member}"
                self._add(_Piece(name, kind, place, inner, self._text(inner)), members)
                fields += [member] if kind is Kind.VARIABLE else []
        order = ast.copy_location(ast.Pass(), statement)
        name = f"{statement.name}.{FIELDS}"
        self._add(_Piece(name, Kind.VARIABLE, -1, order, " ".join(fields)), members)
        earlier = self.bodies.get(statement.name, ())
        self.bodies[statement.name] = earlier or _names(members, len(statement.body))

    def _own_variable(self, name: str | None) -> str | None:
        """The name, unless it is imported: what is filled then belongs to somebody else."""
        pieces = self._pieces.get(name, ()) if name else ()
        return None if any(piece.kind is Kind.IMPORT for piece in pieces) else name

    def _bindings(self, statement: ast.stmt) -> Iterator[tuple[str, Kind]]:
        """The names that a statement gives something to, and what it is."""
        kind = _kind(statement)
        names = list(dict.fromkeys(_bound(statement)))
        filled = self._own_variable(_mutated(statement))
        if kind is Kind.COMPOUND:  # a loop may fill what stands above it
            inner = (_mutated(item) for item in ast.walk(statement) if isinstance(item, ast.stmt))
            own = (name for item in inner if (name := self._own_variable(item)))
            names = list(dict.fromkeys([*names, *own]))
        if not names and filled is not None:
            yield filled, Kind.VARIABLE
        elif not names:
            yield f"#{ast.unparse(statement)}", Kind.EFFECT
        for name in names:
            yield name, kind


def _never_runs(statement: ast.stmt) -> bool:
    """Docstrings, and what runs for scripts and type checkers only."""
    if _is_text(statement) or isinstance(statement, ast.Pass):
        return True
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    test = statement.test
    if isinstance(test, ast.Compare):
        parts = [test.left, *test.comparators]
        named = any(isinstance(part, ast.Name) and part.id == "__name__" for part in parts)
        main = any(isinstance(part, ast.Constant) and part.value == "__main__" for part in parts)
        return named and main and isinstance(test.ops[0], ast.Eq)
    return dotted(test) in (("TYPE_CHECKING",), ("typing", "TYPE_CHECKING"))


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _first_line(node: ast.stmt) -> int:
    if isinstance(node, Decorated) and node.decorator_list:
        return node.decorator_list[0].lineno
    return node.lineno


def _one_import(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(statement, ast.Import):
        part: ast.stmt = ast.Import([alias])
    else:
        part = ast.ImportFrom(statement.module, [alias], statement.level)
    return ast.copy_location(part, statement)


def _kind(statement: ast.stmt) -> Kind:
    if isinstance(statement, Function):
        return Kind.FUNCTION
    if isinstance(statement, ast.ClassDef):
        return Kind.CLASS
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return Kind.VARIABLE
    return Kind.COMPOUND


def _bound(statement: ast.AST) -> Iterator[str]:
    """The names that a statement binds where it stands."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield statement.name
        return
    if isinstance(statement, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp):
        return
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (import_target(statement, alias)[0] for alias in statement.names)
        return
    if isinstance(statement, ast.Name) and not isinstance(statement.ctx, ast.Load):
        yield statement.id
    for child in ast.iter_child_nodes(statement):
        yield from _bound(child)


def _mutated(statement: ast.stmt) -> str | None:
    """The variable that a statement such as `X["a"] = 1` or `X.append(1)` fills."""
    target: ast.AST | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        target = target.value if isinstance(target, ast.Subscript) else None
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr in MUTATORS:
            target = function.value
    return target.id if isinstance(target, ast.Name) else None
