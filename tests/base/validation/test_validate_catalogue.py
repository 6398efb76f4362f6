"""The registry of codes, and the page that is made from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_validate_findings import FINDINGS

from truss_base.validation import CODES
from truss_base.validation.catalogue import catalogue


def test_the_page_is_as_the_registry_says(repository: Path) -> None:
    page = (repository / "docs" / "validation.md").read_text()
    command = "python -m truss_base.validation.catalogue > docs/validation.md"
    assert page == catalogue(), f"run: {command}"


@pytest.mark.parametrize("expected", [expected for _, expected in FINDINGS if expected])
def test_findings_have_a_severity_of_their_code(expected: str) -> None:
    for finding in expected.split(", "):
        code, severity = finding.split()
        assert severity in CODES[code].severities


@pytest.mark.parametrize("code", CODES.values(), ids=CODES.keys())
def test_every_code_says_what_it_means_and_what_to_do(code: object) -> None:
    title, doc, remedy = (getattr(code, name) for name in ("title", "doc", "remedy"))
    assert title[0].isupper()
    assert not title.endswith(".")
    assert doc.endswith(".")
    assert remedy.endswith(".")
    assert len(doc) > 30
