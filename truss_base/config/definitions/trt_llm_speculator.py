"""`trt_llm.build.speculator`: drafting tokens ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.config.containers import Maybe
from truss_base.config.definitions.trt_llm_parts import REPOSITORY
from truss_base.config.definitions.trt_llm_runtime import RUNTIME_V1
from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.field import Field
from truss_base.config.kinds import INVALID, Boolean, Choice, Integer
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section
from truss_base.config.section_faults import missing_key
from truss_base.config.wording import wrong_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path, Report

_MAX_DRAFT_TOKENS = 2048
# Speculators hold builds that hold speculators: no real config goes further down than this.
_MAX_DEPTH = 24


@dataclass(frozen=True, slots=True)
class _BuildOfDraft:
    """The section below, inside itself."""

    phrase: str = "a mapping"
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> Section:
        # Imported here: the two sections hold each other.
        from truss_base.config.definitions.trt_llm_build import BUILD

        return BUILD

    def check(self, value: object, path: Path, report: Report) -> object:
        if len(path) > _MAX_DEPTH:
            report(wrong_type(value, path, "nested less deeply"))
            return INVALID
        return self.kind.check(value, path, report)


_LOOKAHEAD = (
    "lookahead_windows_size",
    "lookahead_ngram_size",
    "lookahead_verification_set_size",
)


def draft_tokens(windows: int, ngram: int, verification: int) -> int:
    """How many tokens lookahead decoding drafts at most per step."""
    return (0 if ngram == 1 else ngram - 2) + (windows - 1 + verification) * (ngram - 1)


def _lookahead_rule(record: Record, path: Path) -> Iterator[Fault]:
    if record["speculative_decoding_mode"] != "LOOKAHEAD_DECODING":
        return
    missing = [name for name in _LOOKAHEAD if not record[name]]
    for name in missing:
        message = f"lookahead decoding needs `{name}`"
        yield missing_key(path, name, message)
    if missing:
        return
    least = draft_tokens(*(record[name] for name in _LOOKAHEAD))
    tokens = record["num_draft_tokens"]
    # Not written, it was settled to what the sizes yield: then those are at fault.
    at = _LOOKAHEAD[0] if tokens == least else "num_draft_tokens"
    if tokens < least:
        message = f"`num_draft_tokens` has to be at least {least} for these lookahead sizes"
        yield Fault((*path, at), "range", message)
    elif tokens < 1:
        message = "n-grams of length 1 draft nothing by themselves: give `num_draft_tokens` too"
        yield Fault((*path, "lookahead_ngram_size"), "conflict", message)
    elif tokens > _MAX_DRAFT_TOKENS:
        message = f"{tokens} draft tokens are too many: at most {_MAX_DRAFT_TOKENS}"
        yield Fault((*path, at), "range", message)


def _mode_rule(record: Record, path: Path) -> Iterator[Fault]:
    if record["speculative_decoding_mode"] == "DRAFT_TOKENS_EXTERNAL":
        written = "speculative_decoding_mode" in record.given
        where = (*path, "speculative_decoding_mode") if written else path
        message = "external draft models are no longer supported: use LOOKAHEAD_DECODING"
        at = At.VALUE if written else At.KEY
        remedy = Remedy.REPLACE if written else Remedy.NONE
        modes = ("LOOKAHEAD_DECODING",)
        yield Fault(where, "value", message, at, suggestions=modes, remedy=remedy)


def _settle_speculator(record: Record) -> None:
    sizes = [record[name] for name in _LOOKAHEAD]
    if record["num_draft_tokens"] is None and all(isinstance(size, int) for size in sizes):
        record.values_by_name["num_draft_tokens"] = draft_tokens(*sizes)
        record.given.add("num_draft_tokens")


_POSITIVE = Maybe(Integer(least=1, strict=True))
SPECULATOR = Section(
    "speculator",
    (
        Field(
            "speculative_decoding_mode",
            Choice(("LOOKAHEAD_DECODING",), retired=("DRAFT_TOKENS_EXTERNAL",)),
            "How tokens are drafted.",
            "DRAFT_TOKENS_EXTERNAL",
            example="LOOKAHEAD_DECODING",
        ),
        Field(
            "num_draft_tokens",
            _POSITIVE,
            "Tokens drafted per step; follows from the lookahead sizes.",
            None,
            unit="tokens",
            example=59,
        ),
        Field("checkpoint_repository", Maybe(REPOSITORY), "The checkpoint of the draft.", None),
        Field("runtime", RUNTIME_V1, "How the draft is run.", {}),
        Field("build", Maybe(_BuildOfDraft()), "How the draft is compiled.", None),
        Field(
            "lookahead_windows_size",
            _POSITIVE,
            "The lookahead window.",
            None,
            unit="tokens",
            example=7,
        ),
        Field(
            "lookahead_ngram_size",
            _POSITIVE,
            "The length of its n-grams.",
            None,
            unit="tokens",
            example=5,
        ),
        Field(
            "lookahead_verification_set_size",
            _POSITIVE,
            "How many n-grams are verified per step.",
            None,
            unit="n-grams",
            example=3,
        ),
        Field("enable_b10_lookahead", Maybe(Boolean()), "The platform's own lookahead.", False),
    ),
    rules=(
        Rule(("speculative_decoding_mode",), _mode_rule),
        Rule(
            ("speculative_decoding_mode", "num_draft_tokens", *_LOOKAHEAD),
            _lookahead_rule,
        ),
    ),
    settle=_settle_speculator,
)
