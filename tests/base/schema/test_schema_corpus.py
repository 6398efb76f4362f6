"""The JSON schema on real configs, where that corpus is beside the repository."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from truss_base.document import load
from truss_base.exceptions import ConfigError
from truss_base.schema import config_schema

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}")
VALIDATOR = Draft202012Validator(config_schema())


def lines_of(name: str) -> list[dict[str, Any]]:
    file = CORPUS / name
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def is_valid(text: str) -> bool:
    try:
        data = load(text)
    except ConfigError:
        return False
    return VALIDATOR.is_valid(json.loads(json.dumps(data, default=str)))


def test_every_config_that_a_push_accepts_is_valid() -> None:
    accepted = [entry["path"] for entry in lines_of("verdicts.jsonl") if entry["push_accepts"]]
    assert [path for path in accepted if not is_valid((CORPUS / path).read_text())] == []


def test_most_single_faults_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    mutants = lines_of("mutants.jsonl")
    missed = Counter(m["category"] for m in mutants if is_valid(m["text"]))
    found = len(mutants) - missed.total()
    with capsys.disabled():
        print(f"\nmutants: {len(mutants)}, refused by the JSON schema {found}, missed {missed}")
    # A schema sees no duplicate keys, and knows no requirement lines.
    assert found >= 0.8 * len(mutants)
