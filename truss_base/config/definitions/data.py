"""Data and weights fetched before serving: `external_data`, `model_cache`, `cache_internal`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from truss_base.config.containers import ListOf, Maybe
from truss_base.config.faults import Fault
from truss_base.config.field import Field
from truss_base.config.kinds import Boolean, Choice, Complaint, Text
from truss_base.config.section import Section
from truss_base.config.section_faults import missing_key

if TYPE_CHECKING:
    from truss_base.config.faults import Path, Report

EXTERNAL_DATA = ListOf(
    Section(
        "external_data",
        (
            Field(
                "url",
                Text(non_empty=True),
                "Where the file is downloaded from.",
                example="https://example.com/model.bin",
            ),
            Field(
                "local_data_path",
                Text(non_empty=True),
                "Where it lands, relative to the data directory.",
                example="weights/model.bin",
            ),
            Field("backend", Text(), "How it is downloaded.", "http_public"),
            Field("name", Maybe(Text()), "A name for the download.", None, example="weights"),
        ),
    )
)


def revision_rule(text: str) -> Complaint | None:
    """Empty or long enough to name a commit, branch or tag."""
    if len(text) != 1:
        return None
    return Complaint("a revision is empty or has at least 2 characters")


def _volume_needs(raw: dict[Any, Any], path: Path, report: Report) -> dict[Any, Any]:
    if not raw.get("use_volume"):
        return raw
    if raw.get("kind") in (None, "hf") and not raw.get("revision"):
        report(_absent("revision", "the commit to mount", path))
    if raw.get("volume_folder") in (None, ""):
        report(_absent("volume_folder", "the folder to mount it in", path))
    return raw


def _absent(name: str, meaning: str, path: Path) -> Fault:
    message = f"with `use_volume: true` this entry needs `{name}`, {meaning}"
    return missing_key(path, name, message)


_REPO = Section(
    "model_cache",
    (
        Field("repo_id", Text(non_empty=True), "The repository or bucket.", example="org/model"),
        Field(
            "revision",
            Text(revision_rule, pattern=r"^(?:$|[\s\S]{2})"),
            "The commit, branch or tag.",
            "",
            example="main",
        ),
        Field(
            "allow_patterns",
            Maybe(ListOf(Text())),
            "Only files that match one of these.",
            None,
            example=["*.safetensors"],
        ),
        Field(
            "ignore_patterns", Maybe(ListOf(Text())), "Files to leave out.", None, example=["*.md"]
        ),
        Field(
            "volume_folder",
            Maybe(Text(non_empty=True)),
            "The folder under /app/model_cache, with `use_volume`.",
            None,
            example="llama",
        ),
        Field(
            "use_volume",
            Boolean(),
            "Whether to mount the weights (true) or to copy them into the image (false).",
        ),
        Field("kind", Choice(("hf", "gcs", "s3", "azure")), "Where the repository is.", "hf"),
        Field(
            "runtime_secret_name",
            Text(),
            "The secret with the credentials.",
            "hf_access_token",
        ),
    ),
    before=_volume_needs,
)
MODEL_CACHE = ListOf(_REPO)
CACHE_INTERNAL = ListOf(
    replace(
        _REPO,
        name="cache_internal",
        fields=tuple(
            replace(field, default=False) if field.name == "use_volume" else field
            for field in _REPO.fields
        ),
    )
)
