"""Which `config.yaml` is a Truss's: silence on those of other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from truss_base.validation import is_truss_config


@pytest.mark.parametrize(
    "text",
    [
        "model_name: x\n",
        "runtime: {}\nenvironment_variables: {}\n",
        "docker_server: {}\n",
        "use_control_plane: true\n",
        "model_name: \"open\nresources:\n  cpu: '1'\n",
        "model_name: x\nmodle_type: y\nfoo: z\n",
    ],
)
def test_mostly_our_keys_make_a_truss(text: str) -> None:
    assert is_truss_config(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "text",
        "services: {web: {build: .}}\n",
        "model_type: llama\nbase_model: x\ndatasets: []\nlearning_rate: 1\n",
        "minWorkers: 1\nmaxWorkers: 2\n",
        "title: My site\nbaseURL: x\ndescription: y\n",
        "model_name: x\nlearning_rate: 1\nepochs: 2\nbatch_size: 3\n",
        "a: [" * 1000,
        "\x00",
    ],
)
def test_other_configs_are_none(text: str) -> None:
    assert not is_truss_config(text)


def test_beside_a_model_any_beginning_is_one(tmp_path: Path) -> None:
    assert not is_truss_config("", tmp_path)
    assert not is_truss_config("res", tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.py").write_text("")
    assert is_truss_config("", tmp_path)
    assert is_truss_config("res: 1", tmp_path)
    assert not is_truss_config("minWorkers: 1\nmaxWorkers: 2\nhandler: x\n", tmp_path)
