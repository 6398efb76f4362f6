"""The JSON schema: it takes what the loader takes, and refuses what can be said in a schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.base.generated import configs
from truss_base.config import TrussConfig, every_field
from truss_base.config.dump import Depth, dump
from truss_base.config.kinds import Text
from truss_base.document import load
from truss_base.exceptions import ConfigError
from truss_base.schema import DIALECT, SCHEMA_ID, config_schema


def _texts(kind: object) -> Iterator[Text]:
    inner = getattr(kind, "kind", None) or getattr(kind, "entry", None)
    if isinstance(kind, Text):
        yield kind
    elif inner is not None:
        yield from _texts(inner)


SCHEMA = config_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
PATTERNED = {kind for _, field in every_field() for kind in _texts(field.kind) if kind.pattern}


def as_json(data: object) -> Any:
    """YAML's data as an editor's validator sees it."""
    return json.loads(json.dumps(data, default=str))


def test_it_is_a_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == DIALECT
    assert SCHEMA["$id"] == SCHEMA_ID
    assert config_schema() is not SCHEMA


# The conversions of the loader, one by one.
ACCEPTED = [
    "",
    "environment_variables: {a: 1, b: true, c: null, d: 1.50, e: x}",
    "runtime: {predict_concurrency: '5', streaming_read_timeout: ' 1_0 '}",
    "runtime: {predict_concurrency: 5.0, enable_debug_logs: 'YES', enable_tracing_data: 0}",
    "runtime: {transport: {}}",
    "runtime: {transport: {kind: websocket, ping_timeout_seconds: '1e1'}}",
    "runtime: {transport: null, is_websocket_endpoint: true}",
    "runtime: {num_workers: 1}",
    "resources: {accelerator: 'H100:2', use_gpu: true}",
    "resources: {accelerator: {accelerator: T4, count: '2'}}",
    "resources: {accelerator: null, cpu: 500m, memory: 1.5e9}",
    "resources: {cpu: '.5', memory: 16Gi}",
    "hf_cache: null",
    "cache_internal: null",
    "model_cache: [{repo_id: a/b, use_volume: false}]",
    "base_image: {docker_auth: {auth_method: Aws_Iam, registry: null}}",
    "live_reload: 'yes'",
    "trt_llm: {build: {checkpoint_repository: {source: HF, repo: a/b}}}",
    ("trt_llm: {inference_stack: v2, build: {skip_build_result: true},"
     " runtime: {gated_features: {a: true}}}"),
    ("docker_server: {no_build: true, server_port: 8000, predict_endpoint: /p,"
     " readiness_endpoint: /r, liveness_endpoint: /l}"),
    "model_metadata: {anything: [1, {a: null}]}",
]  # fmt: skip


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_the_loader_converts_is_accepted(text: str) -> None:
    TrussConfig.from_text(text)
    assert [error.message for error in VALIDATOR.iter_errors(as_json(load(text)))] == []


REFUSED = [
    ("resources: {cpu: 4}", "resources.cpu"),
    ("resources: {memory: 16GB}", "resources.memory"),
    ("resources: {accelerator: a100}", "resources.accelerator"),
    ("resources: {accelerator: 'A100:0'}", "resources.accelerator"),
    ("python_version: '3.11'", "python_version"),
    ("requirements: null", "requirements"),
    ("requirements: [torch]\nrequirements_file: r.txt", "requirements"),
    ("runtime: null", "runtime"),
    ("runtime: {transport: {kind: ftp}}", "runtime.transport.kind"),
    ("runtime: {transport: null}", "runtime.transport"),
    ("runtime: {transport: {ping_timeout_seconds: 3}}", "runtime.transport"),
    ("runtime: {num_workers: 2}", "runtime.num_workers"),
    ("build: {no_cache: true}", "build.no_cache"),
    ("build: {secret_to_path_mapping: {a b: /x}}", "build.secret_to_path_mapping"),
    (("resources: {accelerator: 'A100:2'}\ntrt_llm: {build: {quantization_type: fp8, "
     "tensor_parallel_count: 2, checkpoint_repository: {source: HF, repo: a/b}}}"),
     "resources.accelerator"),
    (("resources: {accelerator: T4}\n"
     "trt_llm: {build: {checkpoint_repository: {source: HF, repo: a/b}}}"),
     "resources.accelerator"),
    ("environment_variables: [a]", "environment_variables"),
    ("weights: [{source: 'ftp://a/b', mount_location: /m}]", "weights.0.source"),
    ("weights: [{source: 'hf://a/b', mount_location: m}]", "weights.0.mount_location"),
    ("weights: [{source: 'hf://a/b', mount_location: /m, auth: {auth_method: AWS_OIDC}}]",
     "weights.0.auth"),
    ("model_cache: [{repo_id: a/b, use_volume: true, revision: main}]", "model_cache.0"),
    ("docker_server: {server_port: 8000}", "docker_server"),
    ("trt_llm: {build: {}}", "trt_llm.build"),
    ("trt_llm: {inference_stack: v3, build: {}}", "trt_llm.inference_stack"),
    ("trt_llm: {build: {checkpoint_repository: {source: HF, repo: a/b}, base_model: llama}}",
     "trt_llm.build.base_model"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place"), REFUSED)
def test_what_the_loader_refuses_is_refused_at_its_place(text: str, place: str) -> None:
    with pytest.raises(ConfigError):
        TrussConfig.from_text(text)
    errors = VALIDATOR.iter_errors(as_json(load(text)))
    assert place in {".".join(map(str, error.absolute_path)) for error in errors}


@pytest.mark.parametrize(
    "text",
    [
        "model_nme: x",
        "resources: {cpus: '1'}",
        "trt_llm: {build: {checkpoint_repository: {source: HF, repo: a/b}, max_seq: 1}}",
        "environment_variables: {a: [1]}",
    ],
)
def test_what_is_surely_not_meant_is_refused_though_the_loader_takes_it(text: str) -> None:
    TrussConfig.from_text(text)
    assert not VALIDATOR.is_valid(as_json(load(text)))


@settings(max_examples=150)
@given(configs())
def test_whatever_the_loader_takes_without_a_warning_is_accepted(data: dict[str, Any]) -> None:
    config = TrussConfig.from_dict(data)
    if not any(fault.severity == "warning" for fault in config.faults):
        assert [error.message for error in VALIDATOR.iter_errors(as_json(data))] == []
    written = dump(config._record, Depth.MINIMAL)
    assert not config.unknown_keys
    assert [error.message for error in VALIDATOR.iter_errors(written)] == []


@settings(max_examples=300)
@given(st.text(alphabet="0123456789.mkMGi_+-einfatyhs:/@b*3\n ", max_size=9))
def test_a_pattern_is_found_in_whatever_its_rule_accepts(text: str) -> None:
    for kind in PATTERNED:
        faults: list[object] = []
        kind.check(text, (), faults.append)
        assert faults or re.search(kind.pattern, text), kind.pattern


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("hf_cache", True),
        ("model_cache", True),
        ("use_local_src", True),
        ("weights", None),
        ("use_control_plane", None),
    ],
)
def test_old_keys_are_marked(path: str, expected: bool | None) -> None:
    assert SCHEMA["properties"][path].get("deprecated") is expected
    assert SCHEMA["properties"][path]["description"]


def test_keys_say_what_a_change_leads_to_and_offer_their_values() -> None:
    properties = SCHEMA["properties"]
    assert "S4 rebuild" in properties["base_image"]["markdownDescription"]
    assert properties["python_version"]["enum"][0] == "py39"
    accelerator = SCHEMA["$defs"]["resources"]["properties"]["accelerator"]
    assert {"H100", "GB300", None} <= set(accelerator["anyOf"][0]["enum"])


def test_every_key_of_the_schema_is_described() -> None:
    silent = [
        f"{name}.{key}"
        for name, section in {"": SCHEMA, **SCHEMA["$defs"]}.items()
        for key, value in section.get("properties", {}).items()
        if not value.get("description") or not value.get("markdownDescription")
    ]
    assert silent == []
