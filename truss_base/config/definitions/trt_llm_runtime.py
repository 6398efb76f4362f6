"""`trt_llm.runtime`: how an engine is run, in either inference stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.config.containers import MapOf, Maybe
from truss_base.config.faults import Fault
from truss_base.config.field import Field
from truss_base.config.kinds import INVALID, Boolean, Choice, Integer, Number, Text
from truss_base.config.lax import to_text
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section
from truss_base.config.wording import wrong_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path, Report

LORA_CACHE = (
    "lora_cache_max_adapter_size",
    "lora_cache_optimal_adapter_size",
    "lora_cache_gpu_memory_fraction",
    "lora_cache_host_memory_bytes",
)
_POSITIVE = Maybe(Integer(least=1, strict=True))


def _adapter_sizes(record: Record, path: Path) -> Iterator[Fault]:
    most, optimal = (record[name] for name in LORA_CACHE[:2])
    if most is not None and optimal is not None and optimal > most:
        message = f"`{LORA_CACHE[1]}` cannot be above `{LORA_CACHE[0]}` ({most})"
        where = (*path, LORA_CACHE[1])
        yield Fault(where, "conflict", message, related=((*path, LORA_CACHE[0]),))


RUNTIME_V1 = Section(
    "runtime",
    (
        Field(
            "kv_cache_free_gpu_mem_fraction",
            Number(),
            "The share of free GPU memory that holds the key-value cache.",
            0.9,
            unit="share, 0 to 1",
        ),
        Field(
            "kv_cache_host_memory_bytes",
            _POSITIVE,
            "Main memory that holds what the cache has no room for.",
            None,
            unit="bytes",
            example=8589934592,
        ),
        Field(
            LORA_CACHE[0],
            _POSITIVE,
            "The highest rank of a cached adapter.",
            None,
            example=64,
        ),
        Field(
            LORA_CACHE[1],
            _POSITIVE,
            "The rank the pages are made for.",
            None,
            example=8,
        ),
        Field(
            LORA_CACHE[2],
            Maybe(Number(above=0, most=1, strict=True)),
            "The share of GPU memory kept for adapters.",
            None,
            unit="share, 0 to 1",
            example=0.05,
        ),
        Field(
            LORA_CACHE[3],
            _POSITIVE,
            "Main memory kept for adapters.",
            None,
            unit="bytes",
            example=1073741824,
        ),
        Field("enable_chunked_context", Boolean(), "Reads long prompts in pieces.", True),
        Field(
            "batch_scheduler_policy",
            Choice(("guaranteed_no_evict", "max_utilization")),
            "Whether a started request may be put aside for others.",
            "guaranteed_no_evict",
        ),
        Field(
            "request_default_max_tokens",
            _POSITIVE,
            "The length of an answer for which the request sets no limit.",
            None,
            unit="tokens",
            example=1000,
        ),
        Field(
            "served_model_name",
            Maybe(Text()),
            "The model's name in answers.",
            None,
            example="llama-3.1-8b",
        ),
        Field("total_token_limit", Integer(), "Tokens scheduled at once.", 500000, unit="tokens"),
        Field(
            "webserver_default_route",
            Maybe(
                Choice(
                    (
                        "/v1/embeddings",
                        "/v1/systemone",
                        "/rerank",
                        "/predict",
                        "/predict_tokens",
                    )
                )
            ),
            "The route of an encoder; `/v1/systemone` since 0.18.33.",
            None,
            example="/v1/embeddings",
        ),
    ),
    rules=(Rule(LORA_CACHE[:2], _adapter_sizes),),
)


@dataclass(frozen=True, slots=True)
class PatchValue:
    """Anything JSON has."""

    phrase: str = "text, a number, a list or a mapping"
    choices: tuple[str, ...] = ()

    def check(self, value: object, path: Path, report: Report) -> object:
        if isinstance(value, bool):
            return int(value)
        if value is None or isinstance(value, (int, float, dict)):
            return value
        if isinstance(value, (list, tuple, set)):
            return list(value)
        text = to_text(value)
        if text is not None:
            return text
        report(wrong_type(value, path, self.phrase))
        return INVALID


RUNTIME_V2 = Section(
    "runtime",
    (
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
            Integer(65, 131072, strict=True),
            "How many tokens form one batch.",
            8192,
            unit="tokens",
        ),
        Field(
            "tensor_parallel_size",
            Integer(least=1, strict=True),
            "GPUs one layer is split over.",
            1,
            unit="GPUs",
        ),
        Field("enable_chunked_prefill", Boolean(), "Reads long prompts in pieces.", True),
        Field(
            "served_model_name",
            Maybe(Text()),
            "The model's name in answers.",
            None,
            example="llama-3.1-8b",
        ),
        Field(
            "patch_kwargs",
            MapOf(PatchValue()),
            "Further options of the engine; may change from release to release.",
            {},
            example={"disable_overlap_scheduler": True},
            aliases=("gated_features",),
        ),
    ),
)
