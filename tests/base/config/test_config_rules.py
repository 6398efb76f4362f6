"""Rules over forms and several fields: each with the smallest config that breaks it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from truss_base.config import TrussConfig
from truss_base.config.faults import dotted

CHECKPOINT = "checkpoint_repository: {source: HF, repo: a/b}"
V2 = f"inference_stack: v2, runtime: {{}}, build: {{{CHECKPOINT}"
LOOKAHEAD = (
    "speculative_decoding_mode: LOOKAHEAD_DECODING, lookahead_windows_size: 7, "
    "lookahead_ngram_size: 5, lookahead_verification_set_size: 3"
)


def build(more: str, stack: str = "") -> str:
    return f"trt_llm: {{{stack}build: {{{CHECKPOINT}, {more}}}}}"


# The config, and the path of its one fault ("" for none).
RULES = [
    ("requirements: [a]\nrequirements_file: b", "requirements_file"),
    ("requirements: []\nrequirements_file: b", ""),
    (
        ("model_cache: [{repo_id: a, use_volume: false}]\n"
        "weights: [{source: 'hf://a', mount_location: /a}]"),
        "weights",
    ),
    ("build: {no_cache: true}", "build.no_cache"),
    ("build: {secret_to_path_mapping: {'a b': /x}}", "build.secret_to_path_mapping.a b"),
    ("build: {secret_to_path_mapping: {'DOCKER_REGISTRY_a/b': /x}}", ""),
    ("python_version: py38", "python_version"),
    ("python_version: 3.11", "python_version"),
    ("base_image: {python_executable_path: bin/python}", "base_image.python_executable_path"),
    ("runtime: {num_workers: 2}", "runtime.num_workers"),
    ("runtime: {truss_server_version_override: x}", "runtime.truss_server_version_override"),
    ("runtime: {transport: {kind: smoke}}", "runtime.transport.kind"),
    ("runtime: {transport: {ping_interval_seconds: 1}}", "runtime.transport"),
    (
        "runtime: {egress_restrictions: {ip_allow_list: [1.1.1.1, 10.0.0.0/99]}}",
        "runtime.egress_restrictions.ip_allow_list[1]",
    ),
    (
        "runtime: {egress_restrictions: {ip_allow_list: ['::1']}}",
        "runtime.egress_restrictions.ip_allow_list[0]",
    ),
    (
        "runtime: {egress_restrictions: {fqdn_allow_list: ['*.a.b', 'a b']}}",
        "runtime.egress_restrictions.fqdn_allow_list[1]",
    ),
    ("resources: {cpu: two}", "resources.cpu"),
    ("resources: {cpu: 500m}", ""),
    ("resources: {memory: 16GB}", "resources.memory"),
    ("resources: {accelerator: a100}", "resources.accelerator"),
    ("resources: {accelerator: 'A100:0'}", "resources.accelerator"),
    ("resources: {accelerator: ''}", "resources.accelerator"),
    ("resources: {node_count: '2'}", "resources.node_count"),
    ("external_data: [{url: '', local_data_path: a}]", "external_data[0].url"),
    ("model_cache: [{repo_id: a, use_volume: true, revision: ab}]", "model_cache[0]"),
    ("model_cache: [{repo_id: a, use_volume: true, volume_folder: v}]", "model_cache[0]"),
    ("model_cache: [{repo_id: a, use_volume: false, revision: a}]", "model_cache[0].revision"),
    ("weights: [{source: a/b, mount_location: /a}]", "weights[0].source"),
    ("weights: [{source: 'ftp://a', mount_location: /a}]", "weights[0].source"),
    ("weights: [{source: 's3:///a', mount_location: /a}]", "weights[0].source"),
    ("weights: [{source: 's3://a@b', mount_location: /a}]", "weights[0].source"),
    ("weights: [{source: 'hf://a/b@c', mount_location: a}]", "weights[0].mount_location"),
    (
        "weights: [{source: 'hf://a', mount_location: /a}, {source: 'hf://b', mount_location: /a}]",
        "weights[1].mount_location",
    ),
    (
        "weights: [{source: 's3://a', mount_location: /a, auth: {auth_method: CUSTOM_SECRET}}]",
        "weights[0].auth",
    ),
    (
        ("weights: [{source: 's3://a', mount_location: /a, auth: {auth_method: custom_secret, "
        "auth_secret_name: s, aws_oidc_region: r}}]"),
        "weights[0].auth.aws_oidc_region",
    ),
    (
        ("weights: [{source: 's3://a', mount_location: /a, auth_secret_name: s, "
        "auth: {auth_method: CUSTOM_SECRET, auth_secret_name: s}}]"),
        "weights[0].auth_secret_name",
    ),
    ("bdn: {mounts: [{source: weights/a, path: /a}]}", "bdn.mounts[0].source"),
    ("bdn: {mounts: [{source: 'bdn:a/b@abc', path: /a}]}", "bdn.mounts[0].source"),
    ("bdn: {mounts: [{source: 'bdn:a/b', path: /}]}", "bdn.mounts[0].path"),
    ("bdn: {mounts: [{source: 'bdn:a/b', path: /a/../b}]}", "bdn.mounts[0].path"),
    (
        "bdn: {mounts: [{source: 'bdn:a/b', path: /a}, {source: 'bdn:a/c', path: /a/}]}",
        "bdn.mounts[1].path",
    ),
    ("bdn: {mounts: [{source: 'bdn:a/b', path: /a, include: [../x]}]}", "bdn.mounts[0].include[0]"),
    ("bdn: {access: [{namespace: a, grants: []}]}", "bdn.access[0].grants"),
    ("bdn: {access: [{namespace: a, grants: [pull, pull]}]}", "bdn.access[0].grants[1]"),
    (
        "bdn: {access: [{namespace: a, grants: [pull]}, {namespace: a, grants: [push]}]}",
        "bdn.access[1].namespace",
    ),
    (
        ("training_checkpoints: {artifact_references: [{training_job_id: a}], "
        "loops_checkpoint_ids: [b]}"),
        "training_checkpoints.loops_checkpoint_ids",
    ),
    ("trt_llm: {build: {}}", "trt_llm.build"),
    ("trt_llm: {inference_stack: v3}", "trt_llm.inference_stack"),
    (build("base_model: llama"), "trt_llm.build.base_model"),
    (build("base_model: whisper"), "trt_llm.build.base_model"),
    (build("max_num_tokens: 64"), "trt_llm.build.max_num_tokens"),
    (build("max_batch_size: '8'"), "trt_llm.build.max_batch_size"),
    (build("lora_cache_host_memory_bytes: 1"), "trt_llm.build.lora_cache_host_memory_bytes"),
    (
        build("quantization_config: {calib_size: 100}"),
        "trt_llm.build.quantization_config.calib_size",
    ),
    (build("tensor_parallel_count: 2"), "trt_llm.build.tensor_parallel_count"),
    (
        build("tensor_parallel_count: 2") + "\nresources: {accelerator: 'H100:2'}",
        "",
    ),
    (
        build("tensor_parallel_count: 2, moe_expert_parallel_option: 3")
        + "\nresources: {accelerator: 'H100:2'}",
        "trt_llm.build.moe_expert_parallel_option",
    ),
    (build("lora_adapters: {'a b': {source: GCS, repo: c}}"), "trt_llm.build.lora_adapters.a b"),
    (
        "trt_llm: {build: {checkpoint_repository: {source: HF, repo: a/b/c}}}",
        "trt_llm.build.checkpoint_repository.repo",
    ),
    (build("base_model: decoder") + "\nresources: {accelerator: T4}", "resources.accelerator"),
    (build("base_model: encoder_bert") + "\nresources: {accelerator: T4}", ""),
    (build("quantization_type: fp8") + "\nresources: {accelerator: A100}", "resources.accelerator"),
    (build("quantization_type: fp4") + "\nresources: {accelerator: H100}", "resources.accelerator"),
    (build("quantization_type: fp4") + "\nresources: {accelerator: B200}", ""),
    (
        build("plugin_configuration: {use_paged_context_fmha: false}"),
        "trt_llm.build.plugin_configuration.use_paged_context_fmha",
    ),
    (build("speculator: {num_draft_tokens: 4}"), "trt_llm.build.speculator"),
    (build(f"speculator: {{{LOOKAHEAD}}}"), ""),
    (
        build(f"speculator: {{{LOOKAHEAD}, num_draft_tokens: 1}}"),
        "trt_llm.build.speculator.num_draft_tokens",
    ),
    (
        build("speculator: {speculative_decoding_mode: LOOKAHEAD_DECODING, "
              "lookahead_windows_size: 8, lookahead_ngram_size: 1, "
              "lookahead_verification_set_size: 1}"),
        "trt_llm.build.speculator.lookahead_ngram_size",
    ),
    (
        build("speculator: {speculative_decoding_mode: LOOKAHEAD_DECODING, "
              "lookahead_windows_size: 999, lookahead_ngram_size: 9, "
              "lookahead_verification_set_size: 9}"),
        "trt_llm.build.speculator.lookahead_windows_size",
    ),
    (
        (f"trt_llm: {{build: {{{CHECKPOINT}}}, runtime: {{lora_cache_optimal_adapter_size: 2, "
        "lora_cache_max_adapter_size: 1}}"),
        "trt_llm.runtime.lora_cache_optimal_adapter_size",
    ),
    (
        f"trt_llm: {{build: {{{CHECKPOINT}}}, version_overrides: {{briton_version: v1}}}}",
        "trt_llm.version_overrides.briton_version",
    ),
    (f"trt_llm: {{{V2}}}}}", ""),
    (f"trt_llm: {{{V2}, max_batch_size: 8}}}}", "trt_llm.build.max_batch_size"),
    ("trt_llm: {inference_stack: v2, runtime: {}, build: {}}", "trt_llm.build"),
    ("trt_llm: {inference_stack: v2, runtime: {}, build: {skip_build_result: true}}", ""),
    (
        build("max_seq_len: 8") + "\nmodel_metadata: {tags: [openai-compatible, "
        "force-legacy-api-non-openai-compatible]}",
        "model_metadata.tags",
    ),
    (build("max_seq_len: 8") + "\nmodel_metadata: {tags: null}", "model_metadata.tags"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where"), RULES)
def test_a_broken_rule_is_one_fault_at_its_place(text: str, where: str) -> None:
    faults = TrussConfig.tolerant(yaml.safe_load(text)).faults
    assert [dotted(f.path) for f in faults if f.severity == "error"] == ([where] if where else [])


SERVER: dict[str, Any] = {
    "start_command": "serve",
    "server_port": 8000,
    "predict_endpoint": "/p",
    "readiness_endpoint": "/r",
    "liveness_endpoint": "/l",
}


@pytest.mark.parametrize(
    ("change", "where", "severity"),
    [
        ({}, [], ""),
        ({"start_command": None}, ["docker_server"], "error"),
        ({"start_command": None, "no_build": True}, [], ""),
        ({"run_as_user_id": 0}, ["docker_server.run_as_user_id"], "error"),
        ({"run_as_user_id": 60000}, ["docker_server.run_as_user_id"], "error"),
        ({"server_port": 8080}, ["docker_server.server_port"], "warning"),
        ({"server_port": -1}, ["docker_server.server_port"], "warning"),
        ({"server_port": None}, ["docker_server.server_port"], "error"),
    ],
)
def test_a_docker_server_has_what_it_needs(
    change: dict[str, Any], where: list[str], severity: str
) -> None:
    faults = TrussConfig.tolerant({"docker_server": {**SERVER, **change}}).faults
    assert [dotted(fault.path) for fault in faults] == where
    assert {fault.severity for fault in faults} == ({severity} if severity else set())


def test_ssh_and_another_user_exclude_each_other() -> None:
    faults = TrussConfig.tolerant(
        {
            "docker_server": {**SERVER, "run_as_user_id": 1000},
            "runtime": {"remote_ssh": {"enabled": True}},
        }
    ).faults
    assert [dotted(fault.path) for fault in faults] == ["runtime.remote_ssh.enabled"]


@pytest.mark.parametrize("method", ["AWS_OIDC", "GCP_OIDC", "AWS_ASSUME_ROLE"])
def test_a_registry_method_names_each_key_it_lacks(method: str) -> None:
    config = {"base_image": {"docker_auth": {"auth_method": method}}}
    faults = TrussConfig.tolerant(config).faults
    assert len({fault.suggestions for fault in faults}) == 2
    assert all(fault.code == "missing-key" for fault in faults)
