"""`trt_llm.build`: how an engine is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.config.containers import MapOf, Maybe
from truss_base.config.definitions.trt_llm_parts import (
    LORA,
    PLUGINS,
    QUANTIZATION,
    REPOSITORY,
    lora_name_rule,
)
from truss_base.config.definitions.trt_llm_runtime import LORA_CACHE
from truss_base.config.definitions.trt_llm_speculator import SPECULATOR
from truss_base.config.faults import At, Fault
from truss_base.config.field import Field
from truss_base.config.kinds import Boolean, Choice, Integer
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path, Report

_ENCODER_MAX_NUM_TOKENS = 16384
ENCODERS = ("encoder", "encoder_bert")
RETIRED_MODELS = ("palmyra", "qwen", "llama", "mistral", "deepseek", "whisper")


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
        Field(
            "max_beam_width",
            Integer(1, 1, strict=True),
            "How many answers a beam search follows; only 1 is supported.",
            1,
            unit="answers",
        ),
        Field(
            "max_prompt_embedding_table_size",
            Integer(),
            "How many embeddings of prompts fit in.",
            0,
            unit="embeddings",
        ),
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
            "The precision of weights and cache; `fp8_mlp_only` since 0.18.31.",
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
        Field(
            "pipeline_parallel_count", Integer(), "GPUs the layers are split over.", 1, unit="GPUs"
        ),
        Field(
            "moe_expert_parallel_option",
            Integer(),
            "GPUs the experts of a layer are split over; -1 leaves it to the engine.",
            -1,
            unit="GPUs",
        ),
        Field(
            "sequence_parallel_count", Integer(), "GPUs a sequence is split over.", 1, unit="GPUs"
        ),
        Field("plugin_configuration", PLUGINS, "Parts of the engine to switch.", {}),
        Field(
            "num_builder_gpus",
            Maybe(Integer(least=1, strict=True)),
            "GPUs of the machine that compiles, where more are needed than for serving.",
            None,
            unit="GPUs",
            example=2,
        ),
        Field(
            "speculator",
            Maybe(SPECULATOR),
            "Speculative decoding.",
            None,
            example={
                "speculative_decoding_mode": "LOOKAHEAD_DECODING",
                "lookahead_windows_size": 7,
                "lookahead_ngram_size": 5,
                "lookahead_verification_set_size": 3,
            },
        ),
        Field(
            "lora_adapters",
            Maybe(MapOf(REPOSITORY, lora_name_rule, r"^[a-zA-Z0-9_\-.:]+$")),
            "Adapters by the name requests call them.",
            None,
            example={"support": {"source": "HF", "repo": "org/adapter"}},
        ),
        Field("lora_configuration", Maybe(LORA), "What the adapters are like.", None),
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
