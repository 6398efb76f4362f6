"""Fixes: minimal edits after which the finding is gone."""

from __future__ import annotations

import pytest

from truss_base.validation import Finding, Fix, validate

# Before, after the first fix of the first finding that has one.
FIXES = [
    ("modle_name: x\n", "model_name: x\n"),
    ("resources:\n  cpus: '1'  # two\n", "resources:\n  cpu: '1'  # two\n"),
    ("resources: {cpu: 4}\n", "resources: {cpu: '4'}\n"),
    ("resources: {memory: 16GB}\n", "resources: {memory: 16Gi}\n"),
    ("resources: {memory: '16 gb'}\n", "resources: {memory: '16Gi'}\n"),
    ("resources: {memory: \"512mb\"}\n", "resources: {memory: \"512Mi\"}\n"),
    ("resources: {cpu: 2 cores}\n", "resources: {cpu: '2'}\n"),
    ("resources: {accelerator: a100}\n", "resources: {accelerator: A100}\n"),
    ("resources: {accelerator: h100:2}\n", "resources: {accelerator: H100:2}\n"),
    ("resources: {accelerator: H100-40GB}\n", "resources: {accelerator: H100_40GB}\n"),
    ("resources:\n  use_gpu: true\n  cpu: '1'\n", "resources:\n  cpu: '1'\n"),
    ("python_version: 3.11\n", "python_version: py311\n"),
    ("python_version: 3.10\n", "python_version: py310\n"),
    ("python_version: '3.12'\n", "python_version: 'py312'\n"),
    ("python_version: python3.9\n", "python_version: py39\n"),
    ("model_name: 123\n", "model_name: '123'\n"),
    ("description: 2024-01-01\n", "description: '2024-01-01'\n"),
    ("model_name: no\n", "model_name: 'no'\n"),
    ("environment_variables: {A: 010}\n", "environment_variables: {A: '010'}\n"),
    ("environment_variables:\n  A: 12:30\n", "environment_variables:\n  A: '12:30'\n"),
    ("environment_variables:\n  A:\n", "environment_variables:\n  A: ''\n"),
    ("requirements:\n- torch=2.1.0\n", "requirements:\n- torch==2.1.0\n"),
    ("requirements:\n- 'torch 2.1'\n", "requirements:\n- 'torch==2.1'\n"),
    ("environment_variables:\n  PORT: '80'\n  A: b\n", "environment_variables:\n  A: b\n"),
    ("environment_variables: {PORT: '80', A: b}\n", "environment_variables: {A: b}\n"),
    ("environment_variables: {A: b, PORT: '80'}\n", "environment_variables: {A: b}\n"),
    ("environment_variables: {A: [1, 2]}\n", "environment_variables: {A: '[1, 2]'}\n"),
    # A section is not left empty, which would be null.
    ("model_name: x\nresources:\n  use_gpu: true\n", "model_name: x\n"),
    ("runtime:\n  num_workers: 1\nmodel_name: x\n", "model_name: x\n"),
    ("runtime: {num_workers: 2, predict_concurrency: 2}\n", "runtime: {predict_concurrency: 2}\n"),
    ("runtime:\n  is_websocket_endpoint: true\n",
     "runtime:\n  transport: {kind: websocket}\n"),
    ("runtime:\n  is_websocket_endpoint: false\n  predict_concurrency: 2\n",
     "runtime:\n  predict_concurrency: 2\n"),
    # The one that is lost goes: the config means what it meant.
    ("model_name: a  # why\ndescription: b\nmodel_name: c\n",
     "# why\ndescription: b\nmodel_name: c\n"),
    ("resources:\n  cpu: '1'\n  memory: 2Gi\nresources: {}\n", "resources: {}\n"),
    ("{description: a, model_name: b, description: a}\n", "{model_name: b, description: a}\n"),
    ("hf_cache: [{repo_id: a, use_volume: false}]\n",
     "model_cache: [{repo_id: a, use_volume: false}]\n"),
    ("python_version: py39\n", "python_version: py313\n"),
    ("resources: {accelerator: A10G:2:3}\n", "resources: {accelerator: A10G:2}\n"),
    # Syntax.
    ("model_name: {{ name }}\n", "model_name: '{{ name }}'\n"),
    ("model_name:x\nresources: {}\n", "model_name: x\nresources: {}\n"),
    ("python_version py311\nmodel_name: x\n", "python_version: py311\nmodel_name: x\n"),
    ("model_name: a\tb\n", "model_name: a b\n"),
    ("resources:\n\tcpu: '1'\n\tmemory: 2Gi\nruntime:\n\ttransport:\n\t\tkind: grpc\n",
     "resources:\n  cpu: '1'\n  memory: 2Gi\nruntime:\n  transport:\n    kind: grpc\n"),
    ("resources:\n    cpu: '1'\n\tmemory: 2Gi\n", "resources:\n    cpu: '1'\n    memory: 2Gi\n"),
    ("model_metadata: {a: what is it?}\n", "model_metadata: {a: 'what is it?'}\n"),
    ("trt_llm: {build: {base_model: llama, checkpoint_repository: {source: HF, repo: a/b}}}\n",
     "trt_llm: {build: {base_model: decoder, checkpoint_repository: {source: HF, repo: a/b}}}\n"),
    ("weights:\n- source: hf://a  # here\nmodel_name: x\n",
     "weights:\n- source: hf://a  # here\n  mount_location: /models/llama\nmodel_name: x\n"),
    ("weights:\r\n- source: hf://a\r\n",
     "weights:\r\n- source: hf://a\r\n  mount_location: /models/llama\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), FIXES)
def test_the_first_fix_mends_the_fault_and_touches_nothing_else(before: str, after: str) -> None:
    finding = next(f for f in validate(before) if f.fixes)
    mended = apply(before, finding.fixes[0])
    assert mended == after
    assert _key(finding) not in {_key(left) for left in validate(mended)}


def apply(text: str, fix: Fix) -> str:
    """The text after a fix; later edits first, so that positions hold."""
    for edit in sorted(fix.edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.message


TRT_LLM = "trt_llm: {build: {checkpoint_repository: {source: HF, repo: a/b}}}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "model_metadata:\n  tags:\n  - openai-compatible\n"),
        ("\ufeff", "\ufeffmodel_metadata:\n  tags:\n  - openai-compatible\n"),
        (
            "model_metadata:\n    x: 1\n",
            "model_metadata:\n    tags: [openai-compatible]\n    x: 1\n",
        ),
        (
            "model_metadata:\n  tags:\n  - a\n",
            "model_metadata:\n  tags:\n  - openai-compatible\n  - a\n",
        ),
        (
            "model_metadata: {tags: [force-legacy-api-non-openai-compatible]}\n",
            "model_metadata: {tags: [openai-compatible]}\n",
        ),
    ],
)
def test_the_tag_for_openai_clients_is_offered(before: str, after: str) -> None:
    (finding,) = validate(before + TRT_LLM)
    assert (finding.code, finding.severity) == ("openai-tag", "hint")
    mended = apply(before + TRT_LLM, finding.fixes[0])
    assert mended == after + TRT_LLM
    assert validate(mended) == []


def test_of_two_equal_keys_either_can_go() -> None:
    text = "model_name: a\nmodel_name: b\n"
    (finding,) = validate(text)
    assert [apply(text, fix) for fix in finding.fixes] == ["model_name: b\n", "model_name: a\n"]
    assert [fix.preferred for fix in finding.fixes] == [True, False]


def test_the_only_suggestion_is_preferred() -> None:
    (finding,) = validate("resources: {accelerator: a100}\n")
    assert [fix.preferred for fix in finding.fixes] == [True]


def test_among_several_suggestions_none_is_preferred() -> None:
    (finding,) = validate("model_class: x\n")
    assert len(finding.fixes) > 1
    assert not any(fix.preferred for fix in finding.fixes)


def test_a_value_without_an_obvious_better_one_has_no_fix() -> None:
    (finding,) = validate("resources: {memory: plenty}\n")
    assert finding.fixes == ()
