"""Configs made from our own definitions: sound ones, and ones with a fault somewhere.

A config is drawn around one field, and field by field from the declarative table. It is mended
until our own loader takes it, and then spoilt in some place or in none, often near that field. So
the share that is accepted stays useful, and what is refused is refused for one reason.
"""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from drift.mending import mended
from drift.shapes import our_shapes
from drift.spoiling import Steps, spoiled, steps_of
from drift.values import sound_values
from drift.verdicts import Sample
from drift.writing import written
from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.definitions.root import ROOT
from truss_base.config.field import Field
from truss_base.config.fields import section_within
from truss_base.config.kinds import Kind
from truss_base.config.section import Section, Variants, section_of

_FEW = 4
_EVERY_FIELD = tuple(steps_of(path) for path in our_shapes())
_MOST_ROOT_KEYS = 7
_DEEPEST = 6
_FREE_KEYS = ("a", "B_1", "hf_access_token", "DOCKER_REGISTRY_x", "PORT", "a b", "tags")


def samples(examples: int, at: int) -> list[Sample]:
    """`examples` configs, the same for the same seed `at`."""
    drawn: list[Sample] = []

    @seed(at)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(_samples())
    def collect(sample: Sample) -> None:
        drawn.append(sample)

    collect()
    return drawn


@st.composite
def _samples(draw: st.DrawFn) -> Sample:
    config = draw(configs())
    # As text it passes both readers of YAML too, which is slow: now and then is enough.
    if draw(st.integers(0, 4)):
        return Sample("generated", data=config)
    return Sample("generated", text=draw(written(config)))


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """A config as data: sound, with a fault or two, or anyhow; always with a certain field."""
    focus = draw(st.sampled_from(_EVERY_FIELD))
    config = draw(_mappings(ROOT, 0, focus))
    mood = draw(st.sampled_from(["sound", "one fault", "one fault", "two faults", "anyhow"]))
    if mood == "anyhow":
        return config
    config = mended(config)
    for _ in range({"sound": 0, "one fault": 1, "two faults": 2}[mood]):
        config = draw(spoiled(config, focus))
    return config


@st.composite
def _mappings(
    draw: st.DrawFn, section: Section | Variants, depth: int, focus: Steps
) -> dict[str, Any]:
    if isinstance(section, Variants):
        label = focus[0].strip("<>") if focus else draw(st.sampled_from(list(section.sections)))
        tagged = label != section.default or draw(st.booleans())
        config = draw(_mappings(section.sections[label], depth, focus[1:]))
        return {**config, section.tag: label} if tagged else config
    wanted = draw(_names(section, depth)) | set(focus[:1])
    return {
        draw(_spelling(field)): draw(
            _of_kind(field.kind, field, depth + 1, focus[1:] if field.name in focus[:1] else ())
        )
        for field in section.fields
        if field.required or field.name in wanted
    }


@st.composite
def _names(draw: st.DrawFn, section: Section, depth: int) -> set[str]:
    """A few fields of a section, and now and then all that one of its rules looks at."""
    names = [field.name for field in section.fields]
    most = _MOST_ROOT_KEYS if depth == 0 else _FEW
    wanted = set(draw(st.lists(st.sampled_from(names), max_size=most)))
    with_rule = draw(st.booleans())
    if section.rules and with_rule:
        rule = draw(st.sampled_from(section.rules))
        wanted |= {name.partition(".")[0] for name in rule.needs}
    return wanted


def _spelling(field: Field) -> st.SearchStrategy[str]:
    return st.sampled_from((field.name,) * 4 + field.aliases)


def _of_kind(kind: Kind, field: Field, depth: int, focus: Steps) -> st.SearchStrategy[Any]:
    """Values of a kind; texts and numbers are those our own check takes."""
    if isinstance(kind, Maybe):
        inner = _of_kind(kind.kind, field, depth, focus)
        return inner if focus else st.one_of(inner, inner, inner, st.none())
    if isinstance(kind, ListOf):
        inner = _of_kind(kind.entry, field, depth + 1, focus)
        return st.lists(inner, min_size=1 if focus else 0, max_size=3)
    if isinstance(kind, MapOf):
        inner = _of_kind(kind.value, field, depth + 1, focus)
        keys = st.sampled_from(_FREE_KEYS)
        return st.dictionaries(keys, inner, min_size=1 if focus else 0, max_size=2)
    section = section_within(kind) if focus else section_of(kind)
    if section is None:
        return st.sampled_from(sound_values(field, kind)).map(copy.deepcopy)
    if depth > _DEEPEST and not focus:
        return st.just({})
    # A section that holds itself is only made when it is drawn.
    return st.deferred(lambda: _mappings(section, depth, focus))
