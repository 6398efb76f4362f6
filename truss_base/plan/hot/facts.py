"""What the analysis remembers of a module: plain data, free of syntax trees.

A tree of 300 lines takes a megabyte, and a control plane keeps the facts of every module that runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Path = tuple[str, ...]
"""A dotted name: `helpers.join` is ("helpers", "join")."""

SELF = "<self>"
"""First part of a path that starts at the method's own instance or class, `super()` included."""

FIELDS = "#fields"
"""The member of a class that stands for the order of its variables: fields, enum members."""

STAR = "*"
"""The name of the import of everything in a module."""


class Role(Enum):
    """What code does with a name."""

    READ = "read"  # takes the value, which may then be kept or handed on
    CALL = "call"
    TOUCH = "touch"  # looks at it without keeping it: isinstance, hasattr
    STORE = "store"  # binds it anew
    MUTATE = "mutate"  # changes what it holds


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a name that is not local. `line` counts from the first line of the definition;
    `eager` uses happen when the statement runs, the others when a function is called."""

    path: Path
    role: Role
    eager: bool
    line: int


@dataclass(frozen=True, slots=True)
class Import:
    """`import module` (name is None), or `from module import name`; `level` counts the dots.

    `loads` is the module that is imported, of which `import a.b` binds only the first part.
    """

    module: str
    name: str | None = None
    level: int = 0
    loads: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one statement refers to."""

    uses: frozenset[Use] = frozenset()
    imports: Mapping[str, tuple[Import, ...]] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()  # of objects of unknown type
    method_calls: frozenset[str] = frozenset()  # on objects of unknown type
    decorators: tuple[Path, ...] = ()
    bases: tuple[Path, ...] = ()
    keywords: tuple[str, ...] = ()  # of a class: metaclass=...
    needs_cell: bool = False  # super() or __class__
    stores: tuple[Use, ...] = ()  # what functions bind or change outside of themselves
    nested_stores: frozenset[Path] = frozenset()  # globals bound by functions made inside
    anonymous_calls: tuple[int, ...] = ()  # lines of eager calls of something without a name


class Kind(Enum):
    """What a definition is."""

    FUNCTION = "function"
    CLASS = "class"
    IMPORT = "import"
    VARIABLE = "variable"
    COMPOUND = "compound"  # if, try, with or a loop that binds names
    EFFECT = "effect"  # a statement that binds nothing


@dataclass(frozen=True, slots=True)
class Definition:
    """Everything that one module gives to one name, `Class.member` for what a class holds.

    `places` are the indexes of its statements in the body of the module, or of the class.
    `texts` are their sources, `line` is the first one's.
    """

    name: str
    kind: Kind
    places: tuple[int, ...]
    line: int
    texts: tuple[str, ...]
    scans: tuple[Scan, ...]

    @property
    def owner(self) -> str:
        """The class that this is a member of, or ""."""
        return self.name.rpartition(".")[0] if not self.is_effect else ""

    @property
    def is_effect(self) -> bool:
        return self.kind is Kind.EFFECT

    @property
    def uses(self) -> frozenset[Use]:
        if len(self.scans) == 1:
            return self.scans[0].uses
        # None for a variable that only functions bind.
        return frozenset[Use]().union(*(scan.uses for scan in self.scans))


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """One module, whatever it is called: depends on nothing but its source.

    `statements` names the definitions of each statement of the body, `bodies` those of each
    statement of a class's body. `imports` are those of all definitions, `words` all parts of all
    names that are used, `interface` is the hash of what other modules' names can depend on.
    `docstrings` are the texts that stand in its classes and, by "", the one of the module.
    """

    source: str
    definitions: Mapping[str, Definition]
    statements: tuple[tuple[str, ...], ...]
    bodies: Mapping[str, tuple[tuple[str, ...], ...]]
    stars: tuple[Import, ...]
    imports: tuple[Import, ...]
    futures: frozenset[str]
    reads_source: bool
    words: frozenset[str]
    interface: int
    docstrings: Mapping[str, str]
