"""Reads a module statement by statement: which names each binds, and what it refers to."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import FIELDS, STAR, Definition, Import, Kind, Scan
from truss_base.plan.hot.reading.scan import scan
from truss_base.plan.hot.reading.statements import (
    bound_names,
    filled_name,
    first_line,
    is_text,
    kind_of,
    never_runs,
    one_import,
)
from truss_base.plan.hot.syntax import import_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Memo = dict[tuple[str, str], Scan]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one statement gives to one name."""

    name: str
    kind: Kind
    place: int
    node: ast.stmt
    text: str


class Reader:
    """Reads the statements of one module. Scans that `memo` has by name and text are reused."""

    def __init__(self, lines: Sequence[str], lazy_annotations: bool, memo: Memo) -> None:
        self._lines = lines
        self._lazy = lazy_annotations
        self._memo = memo
        self._pieces: dict[str, list[_Piece]] = {}
        self.statements: dict[int, list[str]] = {}
        self.bodies: dict[str, tuple[tuple[str, ...], ...]] = {}
        self.stars: list[Import] = []

    def read(self, statement: ast.stmt, index: int) -> None:
        if never_runs(statement):
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
            line=first_line(pieces[0].node),
            texts=tuple(piece.text for piece in pieces),
            scans=tuple(self._scan(piece) for piece in pieces),
        )

    def _scan(self, piece: _Piece) -> Scan:
        known = self._memo.get((piece.name, piece.text))
        if known is not None:
            return known
        member = "." in piece.name and not piece.name.startswith("#")
        return scan(piece.node, first_line(piece.node), member=member, lazy_annotations=self._lazy)

    def _text(self, node: ast.stmt) -> str:
        return "\n".join(self._lines[first_line(node) - 1 : node.end_lineno])

    def _imports(self, statement: ast.Import | ast.ImportFrom, index: int) -> None:
        for alias in statement.names:
            if alias.name == STAR:
                self.stars.append(import_target(statement, alias)[1])
            name, target = import_target(statement, alias)
            part = one_import(statement, alias)
            self._add(_Piece(name, Kind.IMPORT, index, part, repr(target)))

    def _class(self, statement: ast.ClassDef, index: int) -> None:
        header = ast.ClassDef(**{**dict(ast.iter_fields(statement)), "body": []})
        ast.copy_location(header, statement)
        text = ast.unparse(header)
        self._add(_Piece(statement.name, Kind.CLASS, index, header, text))
        members: dict[int, list[str]] = {}
        fields: list[str] = []
        for place, inner in enumerate(statement.body):
            if is_text(inner) or isinstance(inner, ast.Pass):
                continue
            for member, kind in self._bindings(inner):
                name = f"{statement.name}.{member}"
                self._add(_Piece(name, kind, place, inner, self._text(inner)), members)
                fields += [member] if kind is Kind.VARIABLE else []
        order = ast.copy_location(ast.Pass(), statement)
        name = f"{statement.name}.{FIELDS}"
        self._add(_Piece(name, Kind.VARIABLE, -1, order, " ".join(fields)), members)
        earlier = self.bodies.get(statement.name, ())
        self.bodies[statement.name] = earlier or names_by_place(members, len(statement.body))

    def _own_variable(self, name: str | None) -> str | None:
        """The name, unless it is imported: what is filled then belongs to somebody else."""
        pieces = self._pieces.get(name, ()) if name else ()
        return None if any(piece.kind is Kind.IMPORT for piece in pieces) else name

    def _bindings(self, statement: ast.stmt) -> Iterator[tuple[str, Kind]]:
        """The names that a statement gives something to, and what it is."""
        kind = kind_of(statement)
        names = list(dict.fromkeys(bound_names(statement)))
        filled = self._own_variable(filled_name(statement))
        if kind is Kind.COMPOUND:  # a loop may fill what stands above it
            inner = (
                filled_name(item) for item in ast.walk(statement) if isinstance(item, ast.stmt)
            )
            own = (name for item in inner if (name := self._own_variable(item)))
            names = list(dict.fromkeys([*names, *own]))
        if not names and filled is not None:
            yield filled, Kind.VARIABLE
        elif not names:
            yield f"#{ast.unparse(statement)}", Kind.EFFECT
        for name in names:
            yield name, kind


def names_by_place(statements: Mapping[int, list[str]], count: int) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(statements.get(index, ())) for index in range(count))
