"""What is generated from the table of fields: complete, current, and with anchors that stay."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from truss_base.config import every_field
from truss_base.config.blocks import blocks
from truss_base.config.field import Field
from truss_base.reference import generated_files, reference_anchor
from truss_base.reference.__main__ import main

FILES = generated_files()
PAGE = FILES["docs/config-reference.md"]
FIELDS = {
    block.anchor(field.name): (field, block.effect_of(field))
    for block in blocks()
    for field in (*block.section.fields, *block.section.legacy)
}


@pytest.mark.parametrize("path", FILES)
def test_a_generated_file_is_current(repository: Path, path: str) -> None:
    assert (repository / path).read_text() == FILES[path], "run `make reference`"


def test_the_files_are_written_where_they_have_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in FILES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    for expected in (sorted(f"wrote {path}" for path in FILES), []):
        assert main([str(tmp_path)]) == 0
        assert sorted(capsys.readouterr().out.splitlines()) == expected
    assert (tmp_path / "docs/config-reference.md").read_text() == PAGE


@pytest.mark.parametrize("anchor", FIELDS)
def test_a_field_says_all_there_is_to_say(anchor: str) -> None:
    field, effect = FIELDS[anchor]
    assert re.fullmatch(r"[A-Z`].{8,}\.", field.doc)
    assert effect is not None
    assert effect.reason
    assert field.shown_example is not None or field.section is not None
    assert field.deprecated or not field.replacement or field.name == "live_reload"
    if field.name.endswith("_seconds"):
        assert field.unit == "seconds"


def test_enums_list_their_values() -> None:
    assert {name for name, (field, _) in FIELDS.items() if _is_enum(field)} == {
        "python_version",
        "resources.accelerator",
        "base_image.docker_auth.auth_method",
        "weights.auth.auth_method",
        "bdn.access.grants",
        "build.model_server",
        "cache_internal.kind",
        "model_cache.kind",
        "runtime.transport.kind",
        "runtime.transport.websocket.kind",
        "runtime.transport.grpc.kind",
        "trt_llm.inference_stack",
        "trt_llm.v2.inference_stack",
        "trt_llm.build.base_model",
        "trt_llm.build.quantization_type",
        "trt_llm.build.checkpoint_repository.source",
        "trt_llm.build.speculator.speculative_decoding_mode",
        "trt_llm.runtime.batch_scheduler_policy",
        "trt_llm.runtime.webserver_default_route",
    }


def _is_enum(field: Field) -> bool:
    choices = field.allowed or getattr(getattr(field.kind, "entry", None), "choices", ())
    return bool(choices) and choices != ("true", "false")


def test_an_anchor_is_in_the_page_once() -> None:
    anchors = re.findall(r'<a id="([^"]+)"></a>', PAGE)
    assert len(anchors) == len(set(anchors))
    assert set(FIELDS) <= set(anchors)
    links = re.findall(r"\]\(#([^)]+)\)", PAGE)
    assert set(links) <= set(anchors)


@pytest.mark.parametrize("path", sorted({path for path, _ in every_field()}))
def test_every_key_has_an_anchor(path: tuple[str, ...]) -> None:
    for data in (None, {"trt_llm": {"inference_stack": "v2"}}):
        anchor = reference_anchor(path, data)
        assert f'<a id="{anchor}"></a>' in PAGE


V2 = {"trt_llm": {"inference_stack": "v2", "runtime": {}}}


@pytest.mark.parametrize(
    ("path", "data", "anchor"),
    [
        (("runtime", "predict_concurrency"), None, "runtime.predict_concurrency"),
        (("weights", 0, "auth", "auth_method"), None, "weights.auth.auth_method"),
        (("hf_cache", 1, "repo_id"), None, "model_cache.repo_id"),
        (("resources", "use_gpu"), None, "resources.use_gpu"),
        (("environment_variables", "HF_HUB_OFFLINE"), None, "environment_variables"),
        (("trt_llm", "runtime", "served_model_name"), None, "trt_llm.runtime.served_model_name"),
        (("trt_llm", "runtime", "max_seq_len"), V2, "trt_llm.v2.runtime.max_seq_len"),
        (("trt_llm", "build", "speculator", "build", "base_model"), None,
         "trt_llm.build.base_model"),
        (("runtime", "transport", "ping_timeout_seconds"),
         {"runtime": {"transport": {"kind": "websocket"}}},
         "runtime.transport.websocket.ping_timeout_seconds"),
        (("runtime", "nonsense"), None, "runtime"),
        (("nonsense",), None, None),
        ((), None, None),
    ],
)  # fmt: skip
def test_the_anchor_of_a_path(
    path: tuple[str | int, ...], data: object, anchor: str | None
) -> None:
    assert reference_anchor(path, data) == anchor


def test_types_are_those_of_the_table() -> None:
    module = FILES["truss_base/config/typed.py"]
    for field in (name for name in FIELDS if "." not in name and name != "hf_cache"):
        assert f"    {field}: " in module
