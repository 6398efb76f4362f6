"""`trt_llm`: serving a language model with TensorRT-LLM, inference stacks v1 and v2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.containers import Maybe
from truss_base.config.definitions.trt_llm_build import BUILD, ENCODERS
from truss_base.config.definitions.trt_llm_runtime import RUNTIME_V1, RUNTIME_V2
from truss_base.config.dump import Depth, dump
from truss_base.config.faults import At, Fault
from truss_base.config.field import Field, default_of
from truss_base.config.kinds import Choice, Complaint, Text
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section, Variants
from truss_base.config.section_faults import missing_key
from truss_base.config.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path

_BUILD_IN_V2 = (
    "checkpoint_repository",
    "quantization_type",
    "quantization_config",
    "skip_build_result",
    "num_builder_gpus",
)
_STACKS = "The inference stack: v1 for dense models and encoders, v2 for mixtures of experts."


def override_rule(text: str) -> Complaint | None:
    """A version, which starts with a digit."""
    if text[:1].isdigit():
        return None
    return Complaint(f"{shorten(text)!r} is no version: it has to start with a digit")


_OVERRIDES = Section(
    "version_overrides",
    (
        *(
            Field(name, Maybe(Text(override_rule, pattern="^[0-9]")), doc, None, example="0.20.0")
            for name, doc in (
                ("engine_builder_version", "The version that compiles."),
                ("briton_version", "The version that serves decoders."),
                ("bei_version", "The version that serves encoders."),
                ("bei_bert_version", "The version that serves BERT encoders."),
            )
        ),
        Field("v2_llm_version", Maybe(Text()), "The version of stack v2.", None, example="0.20.0"),
    ),
)


def _checkpoint_v1(record: Record, path: Path) -> Iterator[Fault]:
    if record["build"]["checkpoint_repository"] is None:
        message = "`build` needs `checkpoint_repository`: the checkpoint to compile"
        where = (*path, "build")
        yield missing_key(where, "checkpoint_repository", message)


def _chunked_context(record: Record, path: Path) -> Iterator[Fault]:
    build = record["build"]
    plugins = build["plugin_configuration"]
    if not record["runtime"]["enable_chunked_context"] or build["base_model"] in ENCODERS:
        return
    for name in ("use_paged_context_fmha", "paged_kv_cache"):
        if not plugins[name] and (name == "use_paged_context_fmha" or plugins["paged_kv_cache"]):
            message = f"`runtime.enable_chunked_context` needs `{name}`"
            yield Fault((*path, "build", "plugin_configuration", name), "conflict", message)


V1 = Section(
    "trt_llm",
    (
        Field("build", BUILD, "How the engine is compiled."),
        Field("inference_stack", Choice(("v1",)), _STACKS, "v1"),
        Field("runtime", RUNTIME_V1, "How the engine is run.", {}),
        Field("version_overrides", _OVERRIDES, "Versions other than the current ones.", {}),
    ),
    rules=(
        Rule(("build.checkpoint_repository",), _checkpoint_v1),
        Rule(
            (
                "build.base_model",
                "build.plugin_configuration.paged_kv_cache",
                "build.plugin_configuration.use_paged_context_fmha",
                "runtime.enable_chunked_context",
            ),
            _chunked_context,
        ),
    ),
)


def _checkpoint_v2(record: Record, path: Path) -> Iterator[Fault]:
    build = record["build"]
    if build["checkpoint_repository"] is None and not build["skip_build_result"]:
        message = "`build` needs `checkpoint_repository`, or `skip_build_result: true`"
        where = (*path, "build")
        yield missing_key(where, "checkpoint_repository", message)


def _build_in_v2(record: Record, path: Path) -> Iterator[Fault]:
    build = record["build"]
    for field in BUILD.fields:
        if field.name not in build.given or field.name in _BUILD_IN_V2:
            continue
        written = dump(build[field.name], Depth.WRITTEN)
        if written != dump(default_of(field), Depth.COMPLETE):
            message = f"`{field.name}` cannot be set under `build` in inference stack v2"
            yield Fault((*path, "build", field.name), "conflict", message, At.KEY)


V2 = Section(
    "trt_llm",
    (
        Field("inference_stack", Choice(("v2",)), _STACKS, "v2"),
        Field("build", BUILD, "How the engine is compiled."),
        Field("runtime", RUNTIME_V2, "How the engine is run."),
        Field("version_overrides", _OVERRIDES, "Versions other than the current ones.", {}),
    ),
    rules=(
        Rule(("build.checkpoint_repository", "build.skip_build_result"), _checkpoint_v2),
        Rule(("build",), _build_in_v2),
    ),
)

TRT_LLM = Variants("trt_llm", "inference_stack", {"v1": V1, "v2": V2}, default="v1")
