"""The table of fields: complete, consistent with itself, and light."""

from __future__ import annotations

import subprocess
import sys

import pytest

from truss_base.config import children, every_field, lookup
from truss_base.config.definitions.since import SINCE
from truss_base.config.field import default_of
from truss_base.strategy import Strategy

FIELDS = dict(every_field())
KEYS = [".".join(path) for path in FIELDS]


@pytest.mark.parametrize("path", FIELDS, ids=KEYS)
def test_a_field_says_what_it_is_for(path: tuple[str, ...]) -> None:
    field = FIELDS[path]
    assert field.doc[0].isupper()
    assert field.doc.endswith(".")
    assert len(field.doc) > 8


@pytest.mark.parametrize("path", FIELDS, ids=KEYS)
def test_a_field_says_what_a_change_of_it_leads_to(path: tuple[str, ...]) -> None:
    field = lookup(path, _data_for(path))
    assert field is not None
    assert field.leads_to is not None
    assert isinstance(field.leads_to.strategy, Strategy)
    assert len(field.leads_to.reason) > 10


def _data_for(path: tuple[str, ...]) -> dict[str, object]:
    """Data that chooses the variant of a section in which the path exists."""
    candidates: list[dict[str, object]] = [
        {},
        {"trt_llm": {"inference_stack": "v2"}},
        {"runtime": {"transport": {"kind": "websocket"}}},
    ]
    return next(data for data in candidates if lookup(path, data) is not None)


@pytest.mark.parametrize("path", FIELDS, ids=KEYS)
def test_examples_and_defaults_are_valid(path: tuple[str, ...]) -> None:
    field = FIELDS[path]
    faults: list[object] = []
    if field.example is not None:
        field.kind.check(field.example, path, faults.append)
    if not field.required:
        default_of(field)
    assert faults == []


@pytest.mark.parametrize(
    ("path", "strategy"),
    [
        (("environment_variables",), Strategy.NEW_ENVIRONMENT),
        (("description",), Strategy.RELOAD),
        (("runtime", "predict_concurrency"), Strategy.RELOAD),
        (("requirements",), Strategy.NEW_ENVIRONMENT),
        (("base_image",), Strategy.REBUILD),
        (("resources", "cpu"), Strategy.REBUILD),
        (("runtime", "transport", "kind"), Strategy.REBUILD),
        (("weights", 0, "source"), Strategy.REBUILD),
        (("live_reload",), Strategy.REBUILD),
    ],
)
def test_an_effect_is_that_of_the_nearest_field_that_has_one(
    path: tuple[str | int, ...], strategy: Strategy
) -> None:
    field = lookup(path)
    assert field is not None
    assert field.leads_to is not None
    assert field.leads_to.strategy is strategy


def test_the_data_chooses_between_variants() -> None:
    path = ("trt_llm", "runtime", "tensor_parallel_size")
    assert lookup(path) is None
    assert lookup(path, {"trt_llm": {"inference_stack": "v2"}}) is not None
    names = {field.name for field in children(("runtime", "transport"))}
    assert names == {"kind"}
    data = {"runtime": {"transport": {"kind": "websocket"}}}
    assert len(children(("runtime", "transport"), data)) == 3


def test_what_is_not_a_key_has_no_field() -> None:
    assert lookup(()) is None
    assert lookup(("nonsense",)) is None
    assert lookup(("resources", "nonsense")) is None
    assert lookup(("environment_variables", "A")) is None
    assert children(("environment_variables",)) == ()
    assert children(("nonsense",)) == ()


def test_old_names_are_known() -> None:
    cache, workers, gpu = (
        lookup(path)
        for path in (("hf_cache",), ("runtime", "num_workers"), ("resources", "use_gpu"))
    )
    assert cache is not None
    assert cache.name == "model_cache"
    assert cache.replacement == "weights"
    assert workers is not None
    assert workers.deprecated
    assert gpu is not None
    assert gpu.replacement == "accelerator"


def test_the_keys_of_the_root_are_complete() -> None:
    names = {field.name for field in children(())}
    assert len(names) == 38  # the 37 of truss 0.18.36, and use_control_plane
    assert {"use_control_plane", "live_reload", "bdn", "weights", "trt_llm", "bis_llm"} <= names


def test_knowing_the_fields_takes_neither_yaml_nor_pydantic_nor_packaging() -> None:
    code = (
        "import sys, truss_base.config as c; c.lookup(('runtime',)); "
        "print([m for m in ('yaml', 'pydantic', 'packaging') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("path", "version"),
    [
        (("model_name",), ""),
        (("weights",), "0.12.3"),
        (("weights", 0, "auth"), "0.13.2"),
        # The same section in two places, which had its keys at different times.
        (("base_image", "docker_auth", "auth_method"), "0.9.10"),
        (("weights", 0, "auth", "auth_method"), "0.13.2"),
        (("use_control_plane",), ""),
    ],
)
def test_a_key_is_known_since_a_version_in_its_place(
    path: tuple[str | int, ...], version: str
) -> None:
    field = lookup(path)
    assert field is not None
    assert field.since == version


def test_every_version_belongs_to_a_key() -> None:
    known = {".".join(path) for path, _ in every_field()}
    assert set(SINCE) <= known


def test_keys_under_free_names_are_found() -> None:
    adapters = ("trt_llm", "build", "lora_adapters")
    assert lookup((*adapters, "mine", "repo")) is not None
    assert lookup((*adapters, "mine")) is None
    assert lookup(("environment_variables", "HOME")) is None
    assert [field.name for field in children((*adapters, "mine"))][:2] == ["source", "repo"]
    assert children(adapters) == ()
    assert children(("environment_variables",)) == ()


def test_an_accelerator_written_as_a_mapping_has_keys() -> None:
    count = lookup(("resources", "accelerator", "count"))
    assert count is not None
    assert count.default == 1
    assert [field.name for field in children(("resources", "accelerator"))] == [
        "accelerator",
        "count",
    ]
