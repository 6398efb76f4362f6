"""A config built in code and written to a file: minimal, stable, and never half a file."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from truss_base.config import TrussConfig
from truss_base.exceptions import ConfigError

EVERYTHING = TrussConfig(
    new_key=[1, {"a": None}],  # type: ignore[call-arg]  # an unknown key, as of a newer version
    use_control_plane=True,
    model_name="Iris",
    description="Two lines,\nas a block.\n",
    python_version="py313",
    requirements=["torch==2.8.0", "numpy"],
    environment_variables={"DEBUG": "no", "LEVEL": 10, "ZONE": "12:30", "NAME": "x"},
    secrets={"hf_access_token": None},
    resources={"accelerator": "H100:2", "cpu": "1"},
    runtime={"is_websocket_endpoint": True, "predict_concurrency": 8},
    model_metadata={"pretty": True, "share": 1e20, "at": "2020-01-01", "tags": []},
)
TEXT = """\
model_name: Iris
model_metadata:
  pretty: true
  share: 1.0e+20
  at: '2020-01-01'
  tags: []
description: |
  Two lines,
  as a block.
python_version: py313
requirements:
- torch==2.8.0
- numpy
environment_variables:
  DEBUG: 'no'
  LEVEL: '10'
  ZONE: '12:30'
  NAME: x
secrets:
  hf_access_token: null
resources:
  accelerator: H100:2
runtime:
  predict_concurrency: 8
  transport:
    kind: websocket
use_control_plane: true
new_key:
- 1
- a: null
"""


def test_what_differs_is_written_in_the_order_of_the_reference() -> None:
    assert EVERYTHING.to_yaml() == TEXT
    assert TrussConfig.from_text(TEXT) == EVERYTHING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "{}\n"),
        ("resources: {cpu: '1', use_gpu: true}\nrequirements: []\n", "{}\n"),
        ("python_version: py313", "python_version: py313\n"),
        ("runtime: {transport: {kind: http}}", "{}\n"),
        ("runtime: {transport: {kind: grpc}}", "runtime:\n  transport:\n    kind: grpc\n"),
        ("hf_cache: [{repo_id: a/b, use_volume: false}]",
         "model_cache:\n- repo_id: a/b\n  use_volume: false\n"),
        ("resources: {accelerator: {accelerator: T4, count: 2}}",
         "resources:\n  accelerator: T4:2\n"),
        ("a: &a [x]\nb: *a\n", "a:\n- x\nb:\n- x\n"),
    ],
)  # fmt: skip
def test_what_follows_from_the_defaults_is_left_out(text: str, expected: str) -> None:
    assert TrussConfig.from_text(text).to_yaml() == expected


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("two words: no", "'two words: no'"),
        ("it's", "it's"),
        ("0123", "'0123'"),
        ("1e3", "1e3"),  # text to YAML 1.1
        ("off", "'off'"),
        ("", "''"),
        ("a\u2028b", '"a\\Lb"'),
        ("ü 😀", "ü 😀"),
        ("x" * 300, "x" * 300),
    ],
)
def test_text_is_quoted_where_it_would_be_misread(text: str, written: str) -> None:
    assert TrussConfig(model_name=text).to_yaml() == f"model_name: {written}\n"


def test_a_file_is_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    EVERYTHING.write_yaml(file)
    assert file.read_bytes() == TEXT.encode()
    assert TrussConfig.from_yaml(file) == EVERYTHING
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_a_file_keeps_its_permissions_and_a_link_its_place(tmp_path: Path) -> None:
    file, link = tmp_path / "shared.yaml", tmp_path / "config.yaml"
    file.write_text("model_name: old\n")
    file.chmod(0o640)
    link.symlink_to(file)
    TrussConfig(model_name="new").write_yaml(link)
    assert link.is_symlink()
    assert file.read_text() == "model_name: new\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    configs = [TrussConfig(description=letter * 50_000) for letter in "ab"]
    configs[0].write_yaml(file)
    done = threading.Event()

    def write() -> None:
        for number in range(8):
            configs[number % 2].write_yaml(file)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(len(file.read_bytes()))
    writer.join()
    assert seen == {len(configs[0].to_yaml())}


@pytest.mark.parametrize("name", ["missing/config.yaml", "."])
def test_a_file_that_cannot_be_written_is_a_config_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        TrussConfig().write_yaml(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
