"""Rules over the whole config, and the kinds only the root has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truss_base.config.definitions.trt_llm_build import ENCODERS, RETIRED_MODELS
from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.kinds import INVALID, replace_by
from truss_base.config.lax import to_text
from truss_base.config.record import Record
from truss_base.config.section import Rule
from truss_base.config.wording import closest, shorten, wrong_key, wrong_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path, Report

PYTHON_VERSIONS = ("py39", "py310", "py311", "py312", "py313", "py314")
DEPRECATED_PYTHONS = ("py39",)
RESERVED_VARIABLES = ("PORT", "HOSTNAME")
OPENAI_TAG = "openai-compatible"
LEGACY_OPENAI_TAG = "force-legacy-api-non-openai-compatible"


@dataclass(frozen=True, slots=True)
class PythonVersion:
    """One of the supported versions, written `py311`."""

    choices: tuple[str, ...] = PYTHON_VERSIONS

    @property
    def phrase(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def check(self, value: object, path: Path, report: Report) -> object:
        value = value if (text := to_text(value)) is None else text
        if isinstance(value, str) and value in self.choices:
            if value in DEPRECATED_PYTHONS:
                message = f"{value} is deprecated: py313 is the default now"
                report(Fault(path, "deprecated", message, severity="hint", tag="deprecated"))
            return value
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            report(wrong_type(value, path, self.phrase))
            return INVALID
        message = f"`python_version` cannot be {shorten(str(value))}: {self.phrase}"
        similar = self.suggest(str(value))
        report(Fault(path, "value", message, suggestions=similar, remedy=replace_by(similar)))
        return INVALID

    def suggest(self, text: str) -> tuple[str, ...]:
        """`3.11`, `py3.11` and `python3.11` all mean py311."""
        digits = "".join(character for character in text if character.isdecimal())
        exact = f"py{digits}"
        return (exact,) if exact in self.choices else closest(text, self.choices, 1)


@dataclass(frozen=True, slots=True)
class EnvironmentVariables:
    """Names to values; numbers, bools and null become text, as by the existing loader."""

    phrase: str = "a mapping"
    choices: tuple[str, ...] = ()

    def check(self, value: object, path: Path, report: Report) -> object:
        if not isinstance(value, Mapping):
            report(wrong_type(value, path, self.phrase, Remedy.MAPPING))
            return INVALID
        variables: dict[str, str] = {}
        sound = True
        for key, item in value.items():
            name = to_text(key)
            if name is None:
                report(wrong_key(key, path))
                sound = False
                continue
            self._look_at(name, item, path, report)
            variables[name] = str(item).lower() if isinstance(item, bool) else str(item)
        return variables if sound else INVALID

    def _look_at(self, name: str, item: object, path: Path, report: Report) -> None:
        where = (*path, name)
        if name in RESERVED_VARIABLES:
            message = f"the platform sets {name} itself and overwrites this value"
            report(Fault(where, "reserved", message, At.KEY, "warning"))
        if isinstance(item, (list, Mapping)):
            message = f"`{shorten(name)}` becomes the text of a Python value: write text instead"
            report(Fault(where, "coerced", message, severity="warning"))


def adopt_legacy(raw: dict[Any, Any], path: Path, report: Report) -> dict[Any, Any]:
    """`hf_cache` is the old name of `model_cache`; the config file cannot ask for `no_cache`.

    Null is no list, but has always been taken for an empty one in two places; in the older of them
    so has everything that is empty.
    """
    build = raw.get("build")
    if isinstance(build, Mapping) and build.get("no_cache") is True:
        message = "`no_cache` is a flag of the push (--no-cache), not of the config"
        report(Fault((*path, "build", "no_cache"), "value", message, At.KEY))
    empty: dict[Any, Any] = {}
    if "model_cache" not in raw and not raw.get("hf_cache", True):
        empty["hf_cache"] = []
    if raw.get("cache_internal", ()) is None:
        empty["cache_internal"] = []
    return {**raw, **empty}


def _requirements_once(record: Record, path: Path) -> Iterator[Fault]:
    if record["requirements"] and record["requirements_file"]:
        message = "`requirements` and `requirements_file` exclude each other: keep one"
        here, there = (*path, "requirements_file"), (*path, "requirements")
        yield Fault(here, "conflict", message, At.KEY, related=(there,))


def _weights_once(record: Record, path: Path) -> Iterator[Fault]:
    if record["model_cache"] and record["weights"]:
        message = "`model_cache` and `weights` exclude each other: keep `weights`"
        here, there = (*path, "weights"), (*path, "model_cache")
        yield Fault(here, "conflict", message, At.KEY, related=(there,))


def _ssh_user(record: Record, path: Path) -> Iterator[Fault]:
    server = record["docker_server"]
    if not server or not record["runtime"]["remote_ssh"]["enabled"]:
        return
    if server["run_as_user_id"] is not None:
        message = "`remote_ssh` needs the default user: it does not go with `run_as_user_id`"
        here = (*path, "runtime", "remote_ssh", "enabled")
        there = (*path, "docker_server", "run_as_user_id")
        yield Fault(here, "conflict", message, related=(there,))


TOO_OLD = ("T4", "V100")
NO_FP8 = ("A10G", "A100", "A100_40GB", "T4", "V100")
NO_FP4 = ("H100", "H100_40GB", "H200", "L4", "L40S", "A100_40GB")


def _trt_llm_model(record: Record, path: Path) -> Iterator[Fault]:
    if record["trt_llm"] is None:
        return
    model = record["trt_llm"]["build"]["base_model"]
    if model not in RETIRED_MODELS:
        return
    where = (*path, "trt_llm", "build", "base_model")
    if model == "whisper":
        message = "Whisper is no longer served by `trt_llm`"
        yield Fault(where, "value", message)
    else:
        message = f"the base model {model!r} is called 'decoder' now"
        yield Fault(where, "value", message, suggestions=("decoder",), remedy=Remedy.REPLACE)


def _trt_llm_accelerator(record: Record, path: Path) -> Iterator[Fault]:
    if record["trt_llm"] is None:
        return
    build = record["trt_llm"]["build"]
    gpu = record["resources"]["accelerator"].accelerator
    precision = build["quantization_type"]
    where = (*path, "resources", "accelerator")
    because = ((*path, "trt_llm", "build", "quantization_type"),)
    if gpu in TOO_OLD:
        if build["base_model"] != "encoder_bert":
            message = f"`trt_llm` does not run on {gpu}: an A10G, A100 or newer"
            yield Fault(where, "conflict", message, related=((*path, "trt_llm"),))
    elif gpu in NO_FP8 and precision.startswith(("fp8", "fp4")):
        message = f"{gpu} cannot compute with {precision}: an L4, H100 or newer"
        yield Fault(where, "conflict", message, related=because)
    elif gpu in NO_FP4 and precision.startswith("fp4"):
        message = f"{gpu} cannot compute with {precision}: a B200 or newer"
        yield Fault(where, "conflict", message, related=because)


def _trt_llm_gpu_count(record: Record, path: Path) -> Iterator[Fault]:
    trt_llm = record["trt_llm"]
    if trt_llm is None or trt_llm["inference_stack"] != "v1":
        return
    build = trt_llm["build"]
    if build["base_model"] != "decoder":
        return
    size = (
        build["tensor_parallel_count"]
        * build["pipeline_parallel_count"]
        * build["sequence_parallel_count"]
    )
    count = record["resources"]["accelerator"].count
    if size == count:
        return
    within = (*path, "trt_llm", "build")
    accelerator = (*path, "resources", "accelerator")
    message = f"the engine is split over {size} GPUs, but `accelerator` has {count}"
    for name in ("tensor_parallel_count", "pipeline_parallel_count", "sequence_parallel_count"):
        if name in build.given and build[name] != 1:
            yield Fault((*within, name), "conflict", message, related=(accelerator,))
            return
    yield Fault(accelerator, "conflict", message, related=(within,))


def _trt_llm_tags(record: Record, path: Path) -> Iterator[Fault]:
    trt_llm = record["trt_llm"]
    if trt_llm is None or trt_llm["inference_stack"] != "v1":
        return
    if trt_llm["build"]["base_model"] in ENCODERS:
        return
    tags = record["model_metadata"].get("tags", [])
    where = (*path, "model_metadata", "tags")
    if not isinstance(tags, (list, str, Mapping, tuple, set)):
        yield wrong_type(tags, where, "a list", Remedy.LIST)
    elif OPENAI_TAG in tags and LEGACY_OPENAI_TAG in tags:
        message = f"the tags {OPENAI_TAG!r} and {LEGACY_OPENAI_TAG!r} exclude each other"
        yield Fault(where, "conflict", message)


def root_rules() -> tuple[Rule, ...]:
    """Every rule over more than one key of the root."""
    build = "trt_llm.build"
    return (
        Rule(("requirements", "requirements_file"), _requirements_once),
        Rule(("model_cache", "weights"), _weights_once),
        Rule(("runtime.remote_ssh.enabled", "docker_server.run_as_user_id"), _ssh_user),
        Rule((f"{build}.base_model",), _trt_llm_model),
        Rule(
            ("resources.accelerator", f"{build}.base_model", f"{build}.quantization_type"),
            _trt_llm_accelerator,
        ),
        Rule(
            (
                "resources.accelerator",
                f"{build}.base_model",
                f"{build}.tensor_parallel_count",
                f"{build}.pipeline_parallel_count",
                f"{build}.sequence_parallel_count",
            ),
            _trt_llm_gpu_count,
        ),
        Rule(("model_metadata", f"{build}.base_model"), _trt_llm_tags),
    )
