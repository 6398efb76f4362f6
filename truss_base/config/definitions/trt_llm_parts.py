"""Parts of `trt_llm.build`: checkpoints, quantization, plug-ins, adapters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from truss_base.config.containers import ListOf, Maybe
from truss_base.config.faults import Fault
from truss_base.config.field import Field
from truss_base.config.kinds import Boolean, Choice, Complaint, Integer, Text
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section
from truss_base.config.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path

_REPO_NAME = re.compile(r"(\b[\w\-.]{1,96}\b/)?\b[\w\-.]{1,96}\b", re.ASCII)


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


_CALIBRATION_STEP = 64
_CALIBRATION_MOST = 16384


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


_LORA_NAME = re.compile(r"[a-zA-Z0-9_\-.:]+")
LORA = Section(
    "lora_configuration",
    (
        Field("max_lora_rank", Integer(), "The highest rank of an adapter.", 64),
        Field(
            "lora_target_modules",
            ListOf(Text()),
            "The modules adapters change.",
            [],
            example=["attn_q", "attn_k", "attn_v"],
        ),
    ),
)


def lora_name_rule(text: str) -> Complaint | None:
    """The name an adapter is called by in requests."""
    if _LORA_NAME.fullmatch(text):
        return None
    return Complaint(f"{shorten(text)!r} is no name of an adapter: letters, digits, _ - . and :")
