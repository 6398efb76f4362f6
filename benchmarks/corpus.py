"""Real configs with the existing loader's verdicts, where that corpus is beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"


def verdicts() -> list[dict[str, Any]]:
    """What the existing loader says to each real config; empty where there is no corpus."""
    return _lines("verdicts.jsonl")


def mutants() -> list[dict[str, Any]]:
    """Real configs with one fault each, and where it is: lines and UTF-16 columns from 0."""
    return _lines("mutants.jsonl")


def real_configs() -> list[tuple[str, str]]:
    """Path in the corpus and text of every real config."""
    paths = [entry["path"] for entry in verdicts()]
    return [(path, (CORPUS / path).read_bytes().decode()) for path in paths]


def _lines(name: str) -> list[dict[str, Any]]:
    file = CORPUS / name
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
