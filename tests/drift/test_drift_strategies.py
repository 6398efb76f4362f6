"""Generated configs: from our definitions, the same every time, neither all sound nor all wrong."""

from __future__ import annotations

import json

import pytest

from drift import corpus
from drift.mending import mended
from drift.strategies import samples
from drift.verdicts import Sample, our_verdict
from truss_base.config import TrussConfig
from truss_base.validation import validate

EXAMPLES = 150


@pytest.fixture(scope="module")
def generated() -> list[Sample]:
    return samples(EXAMPLES, at=1)


def test_as_many_configs_as_asked_for_and_the_same_for_the_same_seed() -> None:
    first, second, third = (samples(20, at) for at in (7, 7, 8))
    assert len(first) == 20
    assert [sample.shown() for sample in first] == [sample.shown() for sample in second]
    assert [sample.shown() for sample in first] != [sample.shown() for sample in third]


def test_our_loader_judges_them_all_and_takes_a_sensible_share(generated: list[Sample]) -> None:
    accepted = sum(not our_verdict(sample).errors for sample in generated)
    assert 0.3 * len(generated) < accepted < 0.9 * len(generated)


def test_texts_among_them_are_validated_without_raising(generated: list[Sample]) -> None:
    texts = [sample.text for sample in generated if sample.text is not None]
    assert texts
    for text in texts:
        validate(text)


def test_they_can_be_sent_as_json_and_reach_most_keys_of_the_root(
    generated: list[Sample],
) -> None:
    data = [json.loads(json.dumps(sample.to_job())).get("data", {}) for sample in generated]
    known = set(TrussConfig.from_dict({}).to_dict())
    assert len(known & {key for config in data for key in config}) > 0.7 * len(known)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"model_name": "x"}, {"model_name": "x"}),
        ({"model_name": "x", "requirements": 5}, {"model_name": "x"}),
        (
            {"weights": [{"source": "hf://a/b"}]},
            {"weights": [{"source": "hf://a/b", "mount_location": "/models/llama"}]},
        ),
        ({"resources": {"accelerator": "a100"}}, {"resources": {"accelerator": "A100"}}),
    ],
)
def test_mending_keeps_what_is_sound(config: dict[str, object], expected: object) -> None:
    assert mended(config) == expected


def test_the_oddities_of_yaml_are_judged_without_raising() -> None:
    odd = corpus.oddities()
    accepted = sum(not our_verdict(sample).errors for sample in odd)
    assert 0 < accepted < len(odd)


def test_the_fixtures_of_the_project_are_sound() -> None:
    found = corpus.fixtures()
    assert found
    assert [sample.origin for sample in found if our_verdict(sample).errors] == []
