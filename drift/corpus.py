"""Real configs to judge: the project's fixtures, and a folder of others beside it when there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drift.verdicts import Sample
from drift.writing import HEADS, TAILS

REPOSITORY = Path(__file__).resolve().parent.parent
CORPUS = REPOSITORY.parent / "shared" / "corpus"
FIXTURES = REPOSITORY / "fixtures"
_ENGINE: dict[str, Any] = {"build": {"checkpoint_repository": {"source": "HF", "repo": "a/b"}}}
# One for every accepted difference, so that it is stale only once it is gone.
_ODD_DATA: tuple[dict[str, Any], ...] = (
    {"use_control_plane": "maybe"},
    {"build": {"no_cache": True}},
    {"runtime": {"transport": {"kind": "websocket", "ping_interval": 1}}},
    {"bis_llm": {"additional_autoscaling_config": {"metrics": [], "metric": 1}}},
    {"resources": {"accelerator": {"accelerator": "A100", "cuont": 2}}},
    {"trt_llm": {"build": {**_ENGINE["build"], "max_batch_siz": 8}}},
    {"trt_llm": {**_ENGINE, "runtime": {"kv_cache_free_gpu_mem_fraction": float("nan")}}},
)


def fixtures() -> list[Sample]:
    """The configs of the project's own Trusses."""
    return list(_configs(FIXTURES, "fixtures"))


def oddities() -> list[Sample]:
    """What generated configs seldom hit: each oddity of YAML once, and what only data can say."""
    plain = "model_name: odd\n"
    texts = [*(head + plain for head in HEADS), *TAILS, *(plain + tail for tail in TAILS)]
    return [
        *(Sample("oddity", text=text) for text in texts),
        *(Sample("oddity", data=config) for config in _ODD_DATA),
    ]


def corpus() -> list[Sample]:
    """Real configs and single-fault changes of them; empty when the corpus is not there."""
    mutants = CORPUS / "mutants.jsonl"
    found = list(_configs(CORPUS, "corpus"))
    if mutants.is_file():
        lines = mutants.read_text(encoding="utf-8").splitlines()
        found += (Sample("mutant", text=json.loads(line)["text"]) for line in lines)
    return found


def _configs(folder: Path, origin: str) -> Iterator[Sample]:
    for file in sorted(folder.rglob("config.yaml")):
        name = file.parent.relative_to(folder).as_posix()
        yield Sample(f"{origin}/{name}", text=file.read_bytes().decode("utf-8", "replace"))
