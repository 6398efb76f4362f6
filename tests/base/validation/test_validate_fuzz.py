"""Edits nobody thought of, in configs that are sound: the same ones in every run.

Ten minutes of others, with their time measured: `scripts/fuzz`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truss_base.config import every_field
from truss_base.validation import Finding, validate

SOUND = [
    "model_name: x\npython_version: py311\nresources:\n  cpu: '1'\n  accelerator: A10G:2\n",
    "requirements:\n- torch==2.8.0\n- git+https://github.com/a/b\nsecrets: {token: null}\n",
    "environment_variables: &e {A: '1', B: text}\nmodel_metadata:\n  <<: *e\n  tags: [a, b]\n",
    "weights:\n- source: hf://a/b@main\n  mount_location: /models/b\n  ignore_patterns: ['*.pt']\n",
    (
        "docker_server:\n  start_command: >-\n    sh -c\n    /app\n  server_port: 8000\n"
        "  predict_endpoint: /\n  readiness_endpoint: /\n  liveness_endpoint: /\n"
    ),
    (
        "trt_llm:\n  build:\n    base_model: decoder\n    checkpoint_repository:\n"
        "      source: HF\n      repo: a/b\n"
    ),
    "".join(f"{path[0]}: {{}}\n" for path, _ in every_field() if len(path) == 1),
]
PIECES = st.sampled_from(
    [
        *(": ", ":", "- ", "? ", "[", "]", "{", "}", "{{ x }}", "'", '"', "|", ">-", "#", " # "),
        *("\n", "\r\n", "\r", "\t", "  ", " ", ", ", "---\n", "...\n", "&a ", "*a", "<<: *a", "="),
        *("!!omap ", "!!binary ", "!!set ", "!!python/object:x ", "null", "010", "1e999", ".nan"),
        *("\0", "\ud800", "\ufeff", "\u2028", "\x85", "😀", "# truss: ignore[type]", "9" * 4400),
    ]
)


@dataclass(frozen=True)
class Change:
    """At a share of the text: so many characters go, and a piece comes."""

    at: float
    gone: int
    piece: str

    def apply(self, text: str) -> str:
        start = int(self.at * len(text))
        return text[:start] + self.piece + text[start + self.gone :]


CHANGES = st.lists(
    st.builds(Change, st.floats(0, 1), st.sampled_from([0, 0, 1, 2, 9]), st.just("") | PIECES),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("sound", SOUND, ids=lambda text: text.split(":")[0])
@settings(max_examples=60, derandomize=True, database=None)
@given(CHANGES)
def test_any_edit_of_a_sound_config_is_judged(sound: str, changes: list[Change]) -> None:
    text = sound
    for change in changes:
        text = change.apply(text)
    for finding in validate(text):
        assert 0 <= finding.start < finding.end <= len(text) + 1
        assert "\n" not in finding.message
        apply_every_fix(text, finding)


def apply_every_fix(text: str, finding: Finding) -> None:
    for fix in finding.fixes:
        for edit in fix.edits:
            assert 0 <= edit.start <= edit.end <= len(text)
            validate(text[: edit.start] + edit.replacement + text[edit.end :])
