"""A planted difference of each kind is detected. Plain data on both sides: no truss needed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from drift.accepted import Review
from drift.difference import (
    Difference,
    compare_python_versions,
    compare_schemas,
    compare_shapes,
)
from drift.places import REPOSITORY, line_of
from drift.report import lines
from drift.schemas import flatten
from drift.shapes import our_shapes, their_shapes
from drift.verdicts import Sample, Tally, Verdict, disagreements, our_verdict, their_verdict

TEXT = {"kind": "text"}
NULL = {"kind": "null"}
KIND = {"kind": "choice", "choices": ["hf", "s3"]}


def field(kind: dict[str, Any], default: Any = None, *, required: bool = False) -> dict[str, Any]:
    """One field, as the probe describes it."""
    return {"type": kind, "default": default, "required": required}


DESCRIPTION: dict[str, Any] = {
    "root": "Config",
    "models": {
        "Config": {
            "name": field({"kind": "union", "of": [TEXT, NULL]}),
            "weights": field({"kind": "list", "of": [{"kind": "model", "name": "Weights"}]}, []),
            "adapters": field({"kind": "mapping", "of": [{"kind": "model", "name": "Weights"}]}),
            "engine": field(
                {
                    "kind": "union",
                    "of": [{"kind": "model", "name": "V1"}, {"kind": "model", "name": "V2"}, NULL],
                }
            ),
        },
        "Weights": {"source": field(TEXT, required=True), "kind": field(KIND, "hf")},
        "V1": {"stack": field({"kind": "choice", "choices": ["v1"]}, "v1")},
        "V2": {
            "stack": field({"kind": "choice", "choices": ["v2"]}, "v2"),
            "inner": field({"kind": "union", "of": [{"kind": "model", "name": "V2"}, NULL]}),
        },
    },
}


def test_a_field_is_known_by_the_way_to_it() -> None:
    shapes = their_shapes(DESCRIPTION)
    assert list(shapes) == [
        *("name", "weights", "weights[].source", "weights[].kind"),
        *("adapters", "adapters{}.source", "adapters{}.kind"),
        *("engine", "engine<v1>.stack", "engine<v2>.stack", "engine<v2>.inner"),
    ]
    assert shapes["name"].type == "text | null"
    assert shapes["weights"].type == "list of section"
    assert shapes["engine"].type == "section | null"
    assert shapes["weights[].source"].default == "required"


def test_our_own_definitions_come_in_the_same_form() -> None:
    shapes = our_shapes()
    assert shapes["resources.accelerator.count"].type == "integer"
    assert shapes["weights[].source"].default == "required"
    assert "T4" in shapes["resources.accelerator.accelerator"].choices
    assert shapes["trt_llm<v2>.build.lora_adapters{}.repo"].type == "text"
    assert shapes["runtime.transport<websocket>.ping_timeout_seconds"].type == "number | null"


Edit = Callable[[dict[str, Any]], object]
PLANTED: list[tuple[Edit, Difference]] = [
    (
        lambda models: models["Weights"].update(region=field(TEXT, "")),
        Difference("field-missing", "weights[].region", theirs="text"),
    ),
    (
        lambda models: models["Config"].pop("name"),
        Difference("field-extra", "name", ours="text | null"),
    ),
    (
        lambda models: models["Config"]["name"].update(type=TEXT),
        Difference("type", "name", "text | null", "text"),
    ),
    (
        lambda models: models["Weights"]["kind"].update(default="s3"),
        Difference("default", "weights[].kind", '"hf"', '"s3"'),
    ),
    (
        lambda models: models["Weights"]["source"].update(required=False, default=""),
        Difference("default", "weights[].source", "required", '""'),
    ),
    (
        lambda models: models["Weights"]["kind"]["type"]["choices"].append("gcs"),
        Difference("enum", "weights[].kind (gcs)", "", "gcs"),
    ),
    (
        lambda models: models["Weights"]["kind"]["type"]["choices"].remove("s3"),
        Difference("enum", "weights[].kind (s3)", "s3", ""),
    ),
]


@pytest.mark.parametrize(("edit", "expected"), PLANTED)
def test_a_change_of_a_field_is_found(edit: Edit, expected: Difference) -> None:
    description = copy.deepcopy(DESCRIPTION)
    edit(description["models"])
    found = list(compare_shapes(their_shapes(DESCRIPTION), their_shapes(description)))
    assert expected in found
    assert {one.kind for one in found} == {expected.kind}


def test_nothing_is_found_where_nothing_changed() -> None:
    assert not list(compare_shapes(our_shapes(), our_shapes()))


def test_a_default_of_another_type_is_another_default() -> None:
    ours, theirs = copy.deepcopy(DESCRIPTION), copy.deepcopy(DESCRIPTION)
    ours["models"]["Config"]["name"]["default"] = 1
    theirs["models"]["Config"]["name"]["default"] = True
    found = list(compare_shapes(their_shapes(ours), their_shapes(theirs)))
    assert found == [Difference("default", "name", "1", "true")]


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (["3.9", "3.10"], []),
        (["3.9", "3.10", "3.11"], [("PYTHON_VERSIONS (py311)", "", "py311")]),
        (["3.10"], [("PYTHON_VERSIONS (py39)", "py39", "")]),
    ],
)
def test_a_version_of_python_only_one_side_knows_is_found(
    theirs: list[str], expected: list[tuple[str, str, str]]
) -> None:
    found = list(compare_python_versions(("py39", "py310"), theirs))
    assert found == [Difference("python-version", *parts) for parts in expected]


SCHEMA: dict[str, Any] = {
    "properties": {
        "kind": {"$ref": "#/$defs/Kind"},
        "items": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/Item"}}, NULL]},
    },
    "$defs": {
        "Kind": {"enum": ["hf", "s3"]},
        "Item": {"properties": {"a": {"const": 1}, "b": {}}, "required": ["a"]},
    },
}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda s: s["properties"].pop("kind"), ["$ (property kind)"]),
        (lambda s: s["properties"].update(new={}), ["$ (property new)"]),
        (lambda s: s["$defs"]["Kind"]["enum"].append("gcs"), ["$.kind (value gcs)"]),
        (lambda s: s["$defs"]["Item"]["required"].append("b"), ["$.items[] (required b)"]),
        (
            lambda s: s["$defs"]["Item"]["properties"]["b"].update(enum=[1]),
            ["$.items[].b (place)"],
        ),
    ],
)
def test_a_change_of_the_schema_is_found(edit: Edit, expected: list[str]) -> None:
    changed = copy.deepcopy(SCHEMA)
    edit(changed)
    found = list(compare_schemas(flatten(SCHEMA), flatten(changed)))
    assert [(one.kind, one.where) for one in found] == [("schema", where) for where in expected]


def test_schemas_that_are_cut_up_otherwise_are_the_same() -> None:
    item = SCHEMA["$defs"]["Item"]
    inline = {"properties": {"kind": {"enum": ["s3", "hf"]}, "items": {"items": item}}}
    assert not list(compare_schemas(flatten(inline), flatten(SCHEMA)))


FINE, BAD = Verdict(), Verdict(("cpu (format)",))
UNKNOWN = Verdict((), ("trian (unknown-key)",))


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (FINE, FINE, []),
        (BAD, BAD, []),
        (BAD, Verdict(("runtime (type)",)), []),
        (BAD, FINE, [("we-refuse", "cpu (format)")]),
        (FINE, BAD, [("we-accept", "cpu (format)")]),
        (BAD, UNKNOWN, [("we-refuse", "cpu (format)")]),
        (UNKNOWN, FINE, [("push-we-refuse", "trian (unknown-key)")]),
        (FINE, UNKNOWN, [("push-we-accept", "trian (unknown-key)")]),
        (UNKNOWN, UNKNOWN, []),
    ],
)
def test_verdicts_that_differ_are_found_both_ways(
    ours: Verdict, theirs: Verdict, expected: list[tuple[str, str]]
) -> None:
    found = disagreements(Sample("a test", data={}), ours, theirs)
    assert [(one.kind, one.where) for one in found] == expected


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (Sample("a test", text="model_name: x\n"), FINE),
        (Sample("a test", text=""), FINE),
        (Sample("a test", text="a: [\n"), Verdict(("the text (syntax)",))),
        (Sample("a test", text="- a\n"), Verdict(("the config (not-a-mapping)",))),
        (Sample("a test", data={"requirements": [1]}), Verdict(("requirements[] (type)",))),
        (Sample("a test", data={"trian": 1}), UNKNOWN),
    ],
)
def test_our_own_verdict_names_the_place(sample: Sample, expected: Verdict) -> None:
    assert our_verdict(sample) == expected


def test_their_unknown_keys_are_read_from_the_message() -> None:
    message = "Value error, Extra fields not allowed: [a, b]. Possibly this field is newer"
    fault = {"where": ["runtime"], "code": "value_error", "message": message}
    verdict = their_verdict({"errors": [], "unknown": [fault]})
    assert verdict.unknown == ("runtime.a (unknown-key)", "runtime.b (unknown-key)")


def test_configs_with_one_reason_are_told_once_with_the_smallest() -> None:
    tally = Tally()
    for extra in ({"description": "long"}, {}, {"model_name": "x"}):
        tally.add(Sample("a test", data={"requirements": [1], **extra}), FINE)
    [found] = tally.differences()
    assert (found.times, found.example) == (3, 'a test: {"requirements": [1]}')


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("weights[].source", '"source",'),
        ("weights[].no_such_key", '"weights",'),
        ("trt_llm.v1.build.checkpoint_repository.repo", '"repo"'),
        ("trt_llm<v2>.runtime.tensor_parallel_size", '"tensor_parallel_size"'),
        ("resources.accelerator.count", '"count"'),
        ("runtime.oidc.enabled", '"Mounts an OIDC token'),
        ("PYTHON_VERSIONS", "PYTHON_VERSIONS ="),
        ("the config", "Rules over the whole config"),
    ],
)
def test_a_path_leads_to_the_line_to_change(path: str, expected: str) -> None:
    file, _, number = line_of(path).partition(":")
    following = (REPOSITORY / file).read_text().splitlines()[int(number) - 1 :]
    assert expected in "".join(following[:2])


def test_the_table_names_the_difference_and_the_line() -> None:
    difference = Difference("default", "python_version", '"py313"', '"py314"')
    header, row = lines(Review([difference], [], []))
    assert header.split() == ["kind", "where", "ours", "theirs", "times", "line", "to", "change"]
    assert row.split()[:4] == ["default", "python_version", '"py313"', '"py314"']
    assert row.endswith(line_of("python_version"))
