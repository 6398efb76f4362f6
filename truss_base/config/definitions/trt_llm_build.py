"""`trt_llm.build`: how an engine is compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.definitions.trt_llm_runtime import LORA_CACHE, RUNTIME_V1
from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.field import Field
from truss_base.config.kinds import INVALID, Boolean, Choice, Complaint, Integer, Text
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section
from truss_base.config.section_faults import missing_key
from truss_base.config.wording import shorten, wrong_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path, Report

_REPO_NAME = re.compile(r"(\b[\w\-.]{1,96}\b/)?\b[\w\-.]{1,96}\b", re.ASCII)
_LORA_NAME = re.compile(r"[a-zA-Z0-9_\-.:]+")
_CALIBRATION_STEP = 64
_CALIBRATION_MOST = 16384
_MAX_DRAFT_TOKENS = 2048
_ENCODER_MAX_NUM_TOKENS = 16384
# Speculators hold builds that hold speculators: no real config goes further down than this.
_MAX_DEPTH = 24

ENCODERS = ("encoder", "encoder_bert")
RETIRED_MODELS = ("palmyra", "qwen", "llama", "mistral", "deepseek", "whisper")


def _repo_rule(record: Record, path: Path) -> Iterator[Fault]:
    repo = record["repo"]
    if record["source"] != "HF":
        return
    sound = _REPO_NAME.fullmatch(repo) and "--" not in repo and ".." not in repo
    if not sound or repo.endswith(".git"):
        message = f"{shorten(repo)!r} is no Hugging Face repository such as owner/name"
        yield Fault((*path, "repo"), "format", message)


REPOSITORY = Section(
    "checkpoint_repository",
    (
        Field(
            "source",
            Choice(("HF", "GCS", "S3", "AZURE", "LOCAL", "REMOTE_URL", "BASETEN_TRAINING")),
            "Where the checkpoint is.",
            example="HF",
        ),
        Field("repo", Text(), "The repository, bucket path or URL.", example="org/model"),
        Field("revision", Maybe(Text()), "The commit, branch or tag.", None, example="main"),
        Field("runtime_secret_name", Text(), "The secret with the credentials.", "hf_access_token"),
    ),
    rules=(Rule(("source", "repo"), _repo_rule),),
)


def _calibration_rule(record: Record, path: Path) -> Iterator[Fault]:
    for name in ("calib_size", "calib_max_seq_length"):
        value = record[name]
        if name in record.invalid:
            continue
        if not _CALIBRATION_STEP <= value <= _CALIBRATION_MOST or value % _CALIBRATION_STEP:
            message = (
                f"`{name}` has to be a multiple of {_CALIBRATION_STEP} "
                f"from {_CALIBRATION_STEP} to {_CALIBRATION_MOST}, not {value}"
            )
            yield Fault((*path, name), "range", message)


QUANTIZATION = Section(
    "quantization_config",
    (
        Field("calib_size", Integer(), "How many samples to calibrate with.", 1024, unit="samples"),
        Field(
            "calib_dataset",
            Text(),
            "The Hugging Face data set to calibrate with.",
            "abisee/cnn_dailymail",
        ),
        Field(
            "calib_max_seq_length",
            Integer(),
            "The longest sequence to calibrate with.",
            1536,
            unit="tokens",
        ),
    ),
    rules=(Rule((), _calibration_rule),),
)

PLUGINS = Section(
    "plugin_configuration",
    (
        Field("paged_kv_cache", Boolean(), "Keeps the key-value cache in pages.", True),
        Field("use_paged_context_fmha", Boolean(), "Fused attention over that cache.", True),
        Field("use_fp8_context_fmha", Boolean(), "Has no effect any more.", False),
    ),
)

_LORA = Section(
    "lora_configuration",
    (
        Field("max_lora_rank", Integer(), "The highest rank of an adapter.", 64),
        Field("lora_target_modules", ListOf(Text()), "The modules adapters change.", []),
    ),
)


def lora_name_rule(text: str) -> Complaint | None:
    """The name an adapter is called by in requests."""
    if _LORA_NAME.fullmatch(text):
        return None
    return Complaint(f"{shorten(text)!r} is no name of an adapter: letters, digits, _ - . and :")


@dataclass(frozen=True, slots=True)
class _BuildOfDraft:
    """The section below, inside itself."""

    phrase: str = "a mapping"
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> Section:
        return BUILD

    def check(self, value: object, path: Path, report: Report) -> object:
        if len(path) > _MAX_DEPTH:
            report(wrong_type(value, path, "nested less deeply"))
            return INVALID
        return BUILD.check(value, path, report)


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
        ),
        Field("checkpoint_repository", Maybe(REPOSITORY), "The checkpoint of the draft.", None),
        Field("runtime", RUNTIME_V1, "How the draft is run.", {}),
        Field("build", Maybe(_BuildOfDraft()), "How the draft is compiled.", None),
        Field("lookahead_windows_size", _POSITIVE, "The lookahead window.", None, example=7),
        Field("lookahead_ngram_size", _POSITIVE, "The length of its n-grams.", None, example=5),
        Field(
            "lookahead_verification_set_size", _POSITIVE, "How many are verified.", None, example=3
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


def _misplaced(raw: dict[Any, Any], path: Path, report: Report) -> dict[Any, Any]:
    for name in LORA_CACHE:
        if name in raw:
            message = f"`{name}` belongs under `trt_llm.runtime`, not under `build`"
            report(Fault((*path, name), "conflict", message, At.KEY))
    return raw


def _settle_encoder(record: Record) -> None:
    """Encoders run on one GPU, without a cache."""
    if record["base_model"] in ENCODERS:
        for name in _PARALLEL:
            record.values_by_name[name] = 1
            record.given.add(name)
    if record["base_model"] == "encoder":
        if "max_num_tokens" not in record.given:
            record.values_by_name["max_num_tokens"] = _ENCODER_MAX_NUM_TOKENS
            record.given.add("max_num_tokens")
        plugins = record["plugin_configuration"]
        for name in ("paged_kv_cache", "use_paged_context_fmha"):
            plugins.values_by_name[name] = False
            plugins.given.add(name)


_PARALLEL = ("tensor_parallel_count", "pipeline_parallel_count", "sequence_parallel_count")


def _cache_rule(record: Record, path: Path) -> Iterator[Fault]:
    plugins = record["plugin_configuration"]
    paged, fused = plugins["paged_kv_cache"], plugins["use_paged_context_fmha"]
    within = (*path, "plugin_configuration")
    if fused and not paged:
        message = "`use_paged_context_fmha` needs `paged_kv_cache`"
        yield Fault((*within, "paged_kv_cache"), "conflict", message)
    elif record["speculator"] is not None and not (paged and fused):
        culprit = "use_paged_context_fmha" if paged else "paged_kv_cache"
        where = (*within, culprit) if culprit in plugins.given else (*path, "speculator")
        message = "speculative decoding needs `paged_kv_cache` and `use_paged_context_fmha`"
        at = At.VALUE if culprit in plugins.given else At.KEY
        yield Fault(where, "conflict", message, at)


def _expert_rule(record: Record, path: Path) -> Iterator[Fault]:
    experts, tensors = record["moe_expert_parallel_option"], record["tensor_parallel_count"]
    if record["base_model"] != "decoder" or experts == -1 or 0 < experts <= tensors:
        return
    message = f"has to be -1, or from 1 to tensor_parallel_count ({tensors}), not {experts}"
    where = (*path, "moe_expert_parallel_option")
    yield Fault(where, "range", f"`moe_expert_parallel_option` {message}")


BUILD = Section(
    "build",
    (
        Field(
            "base_model",
            Choice(("decoder", *ENCODERS), retired=RETIRED_MODELS),
            "The family the model belongs to.",
            "decoder",
            example="decoder",
        ),
        Field(
            "max_seq_len",
            Maybe(Integer(1, 1048576, strict=True)),
            "The longest sequence; by default the model's own limit.",
            None,
            unit="tokens",
            example=32768,
        ),
        Field(
            "max_batch_size",
            Integer(1, 2048, strict=True),
            "How many requests form one batch.",
            256,
            unit="requests",
        ),
        Field(
            "max_num_tokens",
            Integer(65, 1048576, strict=True),
            "How many tokens form one batch.",
            8192,
            unit="tokens",
        ),
        Field("max_beam_width", Integer(1, 1, strict=True), "Only 1 is supported.", 1),
        Field("max_prompt_embedding_table_size", Integer(), "The prompt-tuning table.", 0),
        Field(
            "checkpoint_repository",
            Maybe(REPOSITORY),
            "The checkpoint the engine is compiled from.",
            None,
            example={"source": "HF", "repo": "org/model"},
        ),
        Field("gather_all_token_logits", Boolean(), "Keeps the logits of all tokens.", False),
        Field("strongly_typed", Boolean(), "Compiles for the types of the network only.", False),
        Field(
            "quantization_type",
            Choice(
                (
                    "no_quant",
                    "fp8",
                    "fp8_kv",
                    "fp8_mlp_only",
                    "fp4",
                    "fp4_kv",
                    "fp4_mlp_only",
                    "weights_int8",
                    "weights_kv_int8",
                    "weights_int4",
                    "weights_int4_kv_int8",
                    "smooth_quant",
                )
            ),
            "The precision of weights and cache.",
            "no_quant",
            example="fp8_kv",
        ),
        Field("quantization_config", QUANTIZATION, "How to calibrate.", {}),
        Field(
            "tensor_parallel_count",
            Integer(least=1, strict=True),
            "GPUs one layer is split over; with the others, the number of GPUs.",
            1,
            unit="GPUs",
            example=2,
        ),
        Field("pipeline_parallel_count", Integer(), "GPUs the layers are split over.", 1),
        Field("moe_expert_parallel_option", Integer(), "GPUs the experts are split over.", -1),
        Field("sequence_parallel_count", Integer(), "GPUs a sequence is split over.", 1),
        Field("plugin_configuration", PLUGINS, "Parts of the engine to switch.", {}),
        Field(
            "num_builder_gpus",
            _POSITIVE,
            "GPUs of the machine that compiles, where more are needed than for serving.",
            None,
            unit="GPUs",
        ),
        Field("speculator", Maybe(SPECULATOR), "Speculative decoding.", None),
        Field(
            "lora_adapters",
            Maybe(MapOf(REPOSITORY, lora_name_rule)),
            "Adapters by the name requests call them.",
            None,
        ),
        Field("lora_configuration", Maybe(_LORA), "What the adapters are like.", None),
        Field("skip_build_result", Boolean(), "Compiles nothing: the engine is given.", False),
    ),
    rules=(
        Rule(
            (
                "speculator",
                "plugin_configuration.paged_kv_cache",
                "plugin_configuration.use_paged_context_fmha",
            ),
            _cache_rule,
        ),
        Rule(
            ("base_model", "moe_expert_parallel_option", "tensor_parallel_count"),
            _expert_rule,
        ),
    ),
    before=_misplaced,
    settle=_settle_encoder,
)
