"""The documents are part of the product: links lead somewhere, and the short ones stay short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"]
RELATIVE_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def all_documents(repository: Path) -> list[Path]:
    return [repository / name for name in DOCUMENTS] + sorted((repository / "docs").glob("*.md"))


def test_every_relative_link_leads_to_a_file(repository: Path) -> None:
    broken = [
        f"{document.name}: {target}"
        for document in all_documents(repository)
        for target in RELATIVE_LINK.findall(document.read_text())
        if not (document.parent / target).exists()
    ]
    assert broken == []


def test_the_architecture_fits_one_sitting(repository: Path) -> None:
    assert len((repository / "ARCHITECTURE.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize(
    "package", ["truss_base", "control", "truss_handle", "lsp_server", "editor-extension"]
)
def test_the_architecture_has_a_place_for_every_package(repository: Path, package: str) -> None:
    assert f"`{package}/" in (repository / "ARCHITECTURE.md").read_text()


def test_the_changelog_begins_with_the_current_version(repository: Path) -> None:
    version = re.search(r'^version = "(.+)"', (repository / "pyproject.toml").read_text(), re.M)
    headings = re.findall(r"^## (\S+)", (repository / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert version is not None
    assert headings[0] == version[1]


def test_every_make_target_of_the_readme_exists(repository: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (repository / "Makefile").read_text(), re.MULTILINE))
    mentioned = set(re.findall(r"`make ([a-z]+)`", (repository / "README.md").read_text()))
    assert mentioned <= targets
