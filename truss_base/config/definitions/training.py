"""`training_checkpoints` and `bis_llm`: deployments from the platform's own sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.faults import At, Fault
from truss_base.config.field import Field
from truss_base.config.kinds import Anything, Number, Text
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path


def _one_source(record: Record, path: Path) -> Iterator[Fault]:
    if record["artifact_references"] and record["loops_checkpoint_ids"]:
        message = "`artifact_references` and `loops_checkpoint_ids` exclude each other: keep one"
        here, there = (*path, "loops_checkpoint_ids"), (*path, "artifact_references")
        yield Fault(here, "conflict", message, At.KEY, related=(there,))


TRAINING_CHECKPOINTS = Section(
    "training_checkpoints",
    (
        Field(
            "download_folder",
            Text(),
            "Where the checkpoints land.",
            "/tmp/training_checkpoints",
            example="/tmp/training_checkpoints",
        ),
        Field(
            "artifact_references",
            ListOf(
                Section(
                    "artifact_references",
                    (
                        Field("training_job_id", Text(), "The training job.", example="gvpql31"),
                        Field(
                            "paths",
                            ListOf(Text()),
                            "The files of it, with * and ?.",
                            [],
                            example=["rank-0/checkpoint-1/"],
                        ),
                    ),
                )
            ),
            "Files of training jobs.",
            [],
            example=[{"training_job_id": "gvpql31"}],
        ),
        Field(
            "loops_checkpoint_ids",
            ListOf(Text()),
            "Checkpoints of Loops; not together with `artifact_references`.",
            [],
            example=["checkpoint-1"],
        ),
    ),
    rules=(Rule(("artifact_references", "loops_checkpoint_ids"), _one_source),),
)

_METRIC = Section(
    "metrics",
    (
        Field("name", Text(), "The metric.", example="in_flight_tokens"),
        Field("target", Number(), "The value to keep it at.", example=40000),
    ),
    drops_unknown=True,
)

BIS_LLM = Section(
    "bis_llm",
    (
        Field(
            "config",
            Maybe(MapOf(Anything())),
            "Options of the deployment.",
            None,
            example={"name": "value"},
        ),
        Field("version", Text(), "The version of the stack.", "", example="0.1.0"),
        Field(
            "additional_autoscaling_config",
            Maybe(
                Section(
                    "additional_autoscaling_config",
                    (Field("metrics", ListOf(_METRIC), "What to scale by."),),
                    drops_unknown=True,
                )
            ),
            "Scaling by metrics of the stack.",
            None,
        ),
    ),
)
