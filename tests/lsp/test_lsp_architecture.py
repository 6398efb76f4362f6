"""Who may import what inside the language server: the rules that keep its core plain."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "lsp_server"
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(module: Path, *, top_level: bool = False, types: bool = True) -> set[str]:
    """First parts of the names that a module imports; without ``types`` not those for types."""
    tree = ast.parse(module.read_text())
    if not types:
        tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    nodes = tree.body if top_level else list(ast.walk(tree))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_edge_knows_the_protocol_library(module: Path) -> None:
    edge = module.name == "server.py" or module.parent.name in ("handlers", "protocol")
    assert edge or "lsprotocol" not in imports(module)


@pytest.mark.parametrize(
    "module", sorted((PACKAGE / "features").rglob("*.py")), ids=lambda path: path.stem
)
def test_features_are_pure(module: Path) -> None:
    """No protocol, no I/O, no event loop: a text goes in, plain data comes out."""
    forbidden = {"pygls", "asyncio", "pathlib", "os", "subprocess", "httpx"}
    assert not imports(module, types=False) & forbidden


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_heavy_is_imported_at_the_top(module: Path) -> None:
    assert not imports(module, top_level=True) & {"yaml", "httpx", "docker", "pydantic", "truss"}
