"""TrussConfig: from text, data and code; defaults, conversions, dumps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from truss_base.config import TrussConfig
from truss_base.exceptions import ConfigError


def test_an_empty_config_has_every_default() -> None:
    config = TrussConfig.from_text("")
    assert config.python_version == "py313"
    assert config.model_module_dir == "model"
    assert config.model_class_filename == "model.py"
    assert config.model_class_name == "Model"
    assert config.requirements == []
    assert config.environment_variables == {}
    assert config.runtime.predict_concurrency == 1
    assert config.runtime.transport.kind == "http"
    assert config.resources.cpu == "1"
    assert config.base_image is None
    assert not config.accelerator
    assert not config.use_control_plane


@pytest.mark.parametrize("text", ["", "# nothing\n", "null", "{}", "[]", "---\n...\n", "\ufeff"])
def test_whatever_is_empty_is_an_empty_config(text: str) -> None:
    assert TrussConfig.from_text(text) == TrussConfig()


# What YAML says, and what the config holds: the conversions of the existing loader.
CONVERSIONS = [
    ("runtime: {predict_concurrency: '5'}", "runtime.predict_concurrency", 5),
    ("runtime: {predict_concurrency: 5.0}", "runtime.predict_concurrency", 5),
    ("runtime: {predict_concurrency: true}", "runtime.predict_concurrency", 1),
    ("runtime: {enable_debug_logs: 'yes'}", "runtime.enable_debug_logs", True),
    ("runtime: {transport: {}}", "runtime.transport.kind", "http"),
    ("runtime: {is_websocket_endpoint: true}", "runtime.transport.kind", "websocket"),
    ("runtime: {transport: {kind: websocket}}", "runtime.is_websocket_endpoint", True),
    ("environment_variables: {a: 1, b: true, c: null, d: 1.50}", "environment_variables",
     {"a": "1", "b": "true", "c": "None", "d": "1.5"}),
    ("resources: {accelerator: 'H100:2'}", "resources.accelerator.count", 2),
    ("resources: {accelerator: {accelerator: T4}}", "resources.accelerator.accelerator", "T4"),
    ("hf_cache: [{repo_id: a/b, use_volume: false}]", "model_cache.0.repo_id", "a/b"),
    ("hf_cache: null", "model_cache", []),
    ("hf_cache: ''", "model_cache", []),
    ("cache_internal: null", "cache_internal", []),
    ("bdn: {mounts: [{source: 'bdn:n/v', path: /a//b/}]}", "bdn.mounts.0.path", "/a/b"),
    ("base_image: {docker_auth: {auth_method: aws_iam}}", "base_image.docker_auth.auth_method",
     "AWS_IAM"),
    ("model_metadata: {a: &x [1], b: *x}", "model_metadata", {"a": [1], "b": [1]}),
    ("a: &x {cpu: '2'}\nresources: {<<: *x, memory: 1Gi}", "resources.cpu", "2"),
    ("use_control_plane: true", "use_control_plane", True),
    ("live_reload: true", "use_control_plane", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "expected"), CONVERSIONS)
def test_values_are_converted_as_by_the_loader(text: str, path: str, expected: object) -> None:
    value: object = TrussConfig.from_text(text)
    for step in path.split("."):
        value = value[int(step)] if step.isdecimal() else getattr(value, step)  # type: ignore[index]
    assert value == expected
    assert type(value) is type(expected)


def test_an_encoder_is_settled_for_one_gpu() -> None:
    config = TrussConfig(
        trt_llm={
            "build": {
                "base_model": "encoder",
                "checkpoint_repository": {"source": "HF", "repo": "a/b"},
                "tensor_parallel_count": 4,
            }
        }
    )
    assert config.trt_llm is not None
    assert config.trt_llm.build.tensor_parallel_count == 1
    assert config.trt_llm.build.max_num_tokens == 16384
    assert not config.trt_llm.build.plugin_configuration.paged_kv_cache


def test_unknown_keys_are_kept_and_named() -> None:
    config = TrussConfig.from_text("new_key: {a: 1}\nruntime: {other: 2}\n")
    assert config.unknown_keys == ("runtime.other", "new_key")
    dumped = config.to_dict(verbose=True)
    assert dumped["new_key"] == {"a": 1}
    assert dumped["runtime"]["other"] == 2
    assert config.new_key == {"a": 1}


def test_a_name_that_is_no_key_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = TrussConfig().nonsense


def test_the_verbose_dump_needs_no_defaults() -> None:
    dumped = TrussConfig.from_text("model_name: x").to_dict(verbose=True)
    assert dumped["requirements"] == []
    assert dumped["runtime"]["streaming_read_timeout"] == 60
    assert dumped["model_module_dir"] == "model"
    assert dumped["resources"]["use_gpu"] is False
    assert dumped["use_control_plane"] is False


def test_the_sparse_dump_has_what_differs_and_what_is_always_there() -> None:
    config = TrussConfig.from_text(
        "model_name: x\nrequirements: []\nresources: {accelerator: T4}\n"
    )
    assert config.to_dict(verbose=False) == {
        "model_name": "x",
        "resources": {"cpu": "1", "memory": "2Gi", "accelerator": "T4", "use_gpu": True},
        "python_version": "py313",
    }


@pytest.mark.parametrize("verbose", [True, False])
def test_a_dump_is_read_back_as_the_same_config(verbose: bool) -> None:
    config = TrussConfig.from_text(
        "runtime: {transport: {kind: websocket}}\n"
        "resources: {accelerator: 'A100:2', node_count: 2}\n"
        "weights: [{source: 'hf://a/b', mount_location: /m}]\n"
        "secrets: {token: null}\nextra: [1]\nuse_control_plane: true\n"
    )
    assert TrussConfig.from_dict(config.to_dict(verbose)) == config


def test_a_dump_is_json_whatever_yaml_says() -> None:
    text = "model_metadata: {d: 2020-01-01, b: !!binary aGk=, s: !!set {x}, k: {2: 3}}"
    dumped = TrussConfig.from_text(text).to_dict()
    assert json.loads(json.dumps(dumped))["model_metadata"] == {
        "d": "2020-01-01",
        "b": "hi",
        "s": ["x"],
        "k": {"2": 3},
    }


def test_data_that_is_read_is_left_alone() -> None:
    data = {"environment_variables": {"a": 1}, "hf_cache": None, "resources": {"use_gpu": True}}
    before = repr(data)
    TrussConfig.from_dict(data)
    assert repr(data) == before


def test_every_fault_is_in_the_one_line_of_the_error() -> None:
    text = "resources: {cpu: 4, memory: 16GB}\nruntime:\ndocker_server: {server_prt: 1}\n"
    with pytest.raises(ConfigError) as error:
        TrussConfig.from_text(text)
    message = str(error.value)
    assert "\n" not in message
    for part in ("resources.cpu:", "resources.memory:", "runtime:", "server_prt", "liveness"):
        assert part in message


def test_a_tolerant_config_has_defaults_where_nothing_is_usable() -> None:
    config = TrussConfig.tolerant(
        {
            "python_version": "py399",
            "requirements": None,
            "runtime": 5,
            "resources": {"accelerator": "Z900", "cpu": 4},
            "trt_llm": {"build": 3},
            "weights": "all",
            7: 8,
            "new": True,
        }
    )
    assert config.python_version == "py399"
    assert config.requirements == []
    assert config.runtime.predict_concurrency == 1
    assert not config.accelerator
    assert config.to_dict()["new"] is True


@pytest.mark.parametrize("data", [None, [], "text", 5, {"build": {"model_server": []}}])
def test_a_tolerant_config_takes_anything(data: object) -> None:
    assert TrussConfig.tolerant(data).model_module_dir == "model"


def test_a_file_is_read_as_utf8_with_any_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes("\ufeffmodel_name: Grüße 😀\r\ndescription: x\r\n".encode())
    config = TrussConfig.from_yaml(file)
    assert (config.model_name, config.description) == ("Grüße 😀", "x")


def test_the_python_version_has_a_dotted_form() -> None:
    assert TrussConfig(python_version="py310").python_tag == "3.10"
