"""Real configs with the existing loader's verdicts, where that corpus is beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from truss_base.config import TrussConfig
from truss_base.document import LineIndex
from truss_base.exceptions import ConfigError
from truss_base.validation import Finding, is_truss_config, validate

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus"
OTHER_TOOLS = sorted(CORPUS.glob("not-truss/**/*.y*ml"))

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}")


def lines_of(name: str) -> list[dict[str, Any]]:
    file = CORPUS / name
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


VERDICTS = [(entry["path"], entry) for entry in lines_of("verdicts.jsonl")]
MUTANTS = [(f"{entry['category']}-{entry['id']}", entry) for entry in lines_of("mutants.jsonl")]


def text_of(entry: dict[str, Any]) -> str:
    return (CORPUS / entry["path"]).read_bytes().decode()


@pytest.mark.parametrize("entry", [e for _, e in VERDICTS], ids=[name for name, _ in VERDICTS])
def test_errors_are_where_the_loader_refuses_and_nowhere_else(entry: dict[str, Any]) -> None:
    text = text_of(entry)
    findings = validate(text)
    errors = [f for f in findings if f.severity == "error"]
    assert bool(errors) is not entry["parse_accepts"]
    if entry["parse_accepts"]:
        TrussConfig.from_text(text)
        unknown = [f for f in findings if _is_unknown(f)]
        assert bool(unknown) is not entry["push_accepts"]
    else:
        with pytest.raises(ConfigError):
            TrussConfig.from_text(text)


def _is_unknown(finding: Finding) -> bool:
    legacy = finding.code == "deprecated" and finding.severity == "warning"
    return finding.code == "unknown-key" or legacy


@pytest.mark.parametrize("entry", [e for _, e in MUTANTS], ids=[name for name, _ in MUTANTS])
def test_a_single_fault_is_found_at_its_line_with_its_severity(entry: dict[str, Any]) -> None:
    lines = LineIndex(entry["text"])
    findings = [f for f in validate(entry["text"]) if f.severity != "hint"]
    at_line = [f for f in findings if lines.position(f.start)[0] in entry["ok_lines"]]
    assert at_line
    errors = [f for f in findings if f.severity == "error"]
    assert bool(errors) is not entry["parse_accepts"]


def test_figures_over_all_mutants(capsys: pytest.CaptureFixture[str]) -> None:
    exact = stray = 0
    for _, entry in MUTANTS:
        lines = LineIndex(entry["text"])
        findings = [f for f in validate(entry["text"]) if f.severity != "hint"]
        places = [lines.position(f.start) for f in findings]
        exact += (entry["line"], entry["col"]) in places
        # A variable that is null in the text all along is a finding of its own, not a stray.
        stray += any(
            place[0] not in entry["ok_lines"] and finding.code != "coerced"
            for place, finding in zip(places, findings, strict=True)
        )
    total = len(MUTANTS)
    with capsys.disabled():
        print(f"\nmutants: {total}, exact start {exact}, with stray findings {stray}")
    assert exact >= 0.99 * total
    assert stray <= 0.02 * total


@pytest.mark.parametrize("path", [e["path"] for _, e in VERDICTS if "not-truss" not in e["path"]])
def test_real_configs_are_recognised(path: str) -> None:
    assert is_truss_config((CORPUS / path).read_bytes().decode())


@pytest.mark.parametrize("path", OTHER_TOOLS, ids=lambda path: str(path.relative_to(CORPUS)))
def test_configs_of_other_tools_are_left_alone(path: Path) -> None:
    assert not is_truss_config(path.read_bytes().decode("utf-8", "replace"), path.parent)
