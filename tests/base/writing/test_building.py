"""TrussConfig as the builder of services that make configs in code."""

from __future__ import annotations

import copy

import pytest

from truss_base.config import TrussConfig
from truss_base.config.definitions.accelerator import Accelerator
from truss_base.config.typed import BaseImage, Resources, Runtime, Weights
from truss_base.exceptions import ConfigError
from truss_base.strategy import Strategy


def test_sections_are_dicts_typed_dicts_or_sections_of_another_config() -> None:
    plain = TrussConfig(
        resources={"cpu": "2", "accelerator": "H100:2"},
        runtime={"transport": {"kind": "websocket", "ping_timeout_seconds": 3}},
        weights=[{"source": "hf://a/b", "mount_location": "/m"}],
    )
    typed = TrussConfig(
        resources=Resources(cpu="2", accelerator=Accelerator("H100", 2)),
        runtime=Runtime(transport={"kind": "websocket", "ping_timeout_seconds": 3}),
        weights=[Weights(source="hf://a/b", mount_location="/m")],
    )
    taken = TrussConfig(
        resources=plain.resources, runtime=plain.runtime, weights=list(plain.weights)
    )
    assert plain == typed == taken
    assert plain.to_yaml() == typed.to_yaml() == taken.to_yaml()


def test_every_fault_is_listed_with_its_path() -> None:
    with pytest.raises(ConfigError) as caught:
        TrussConfig(
            python_version="3.11",  # type: ignore[arg-type]  # a fault
            requirements=["torch"],
            requirements_file="requirements.txt",
            resources={"cpu": 4, "memory": "16GB"},  # type: ignore[arg-type]  # the fault
        )
    paths = [fault.path for fault in caught.value.faults]
    assert paths == [
        ("python_version",),
        ("resources", "cpu"),
        ("resources", "memory"),
        ("requirements_file",),
    ]
    assert "\n" not in str(caught.value)


def test_replace_makes_another_config_and_checks_it_as_a_whole() -> None:
    config = TrussConfig(model_name="a", requirements=["torch"], runtime={"predict_concurrency": 2})
    other = config.replace(model_name="b", base_image=BaseImage(image="x"))
    assert (config.model_name, other.model_name) == ("a", "b")
    assert other.runtime.predict_concurrency == 2
    with pytest.raises(ConfigError, match="exclude each other"):
        config.replace(requirements_file="requirements.txt")


def test_a_key_is_not_set_alone() -> None:
    config = TrussConfig()
    with pytest.raises(AttributeError, match=r"use replace\(model_name=\.\.\.\)"):
        config.model_name = "x"
    assert copy.deepcopy(config) == config


def test_what_is_given_is_not_shared_with_the_config() -> None:
    data = {"requirements": ["a"], "model_metadata": {"tags": ["x"]}}
    dumped = TrussConfig.from_dict(data).to_dict()
    dumped["requirements"].append("b")
    dumped["model_metadata"]["tags"].append("y")
    assert data == {"requirements": ["a"], "model_metadata": {"tags": ["x"]}}


def test_the_documented_names_are_there() -> None:
    import truss_base

    for name in ("TrussConfig", "ConfigError", "validate", "truss_hash", "Signature"):
        assert getattr(truss_base, name)
    assert Strategy.RELOAD.label == "S2"
