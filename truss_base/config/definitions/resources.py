"""`resources`: the machine a Truss runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.config.containers import ListOf, Maybe
from truss_base.config.definitions.accelerator import AcceleratorKind
from truss_base.config.definitions.effects import MACHINE
from truss_base.config.definitions.quantities import (
    CPU_PATTERN,
    MEMORY_PATTERN,
    cpu_rule,
    memory_rule,
    sanity,
)
from truss_base.config.faults import At, Fault, Remedy
from truss_base.config.field import Field
from truss_base.config.kinds import Boolean, Integer, Text
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section

if TYPE_CHECKING:
    from truss_base.config.faults import Path, Report


def _finish_fabric(plain: dict[str, Any], record: Record) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if value is not None}


FABRIC = Section(
    "fabric",
    (
        Field(
            "use_rdma", Maybe(Boolean()), "Whether nodes talk by remote direct memory access.", None
        ),
        Field(
            "preferences",
            Maybe(ListOf(Text())),
            "The network fabrics that will do, the preferred first; an empty list needs none.",
            None,
            example=["infiniband"],
        ),
    ),
    finish=_finish_fabric,
)


def _drop_computed(raw: dict[Any, Any], path: Path, report: Report) -> dict[Any, Any]:
    """`use_gpu` follows from the accelerator; a value that says otherwise is lost."""
    if "use_gpu" not in raw:
        return raw
    written = raw["use_gpu"]
    has_gpu = bool(raw.get("accelerator"))
    if isinstance(written, bool) and written != has_gpu:
        message = (
            "`use_gpu` has no effect: it follows from `accelerator`, which is not set"
            if written
            else "`use_gpu` has no effect: it follows from `accelerator`, which is set"
        )
        report(
            Fault(
                (*path, "use_gpu"),
                "ignored",
                message,
                At.KEY,
                "warning",
                remedy=Remedy.REMOVE,
                tag="unnecessary",
            )
        )
    return {key: value for key, value in raw.items() if key != "use_gpu"}


def _finish(plain: dict[str, Any], record: Record) -> dict[str, Any]:
    """Existing readers expect `use_gpu`, and no optional key that was not given."""
    for name in ("instance_type", "node_count", "fabric"):
        if not plain.get(name) and not isinstance(plain.get(name), dict):
            plain.pop(name, None)
    return {**plain, "use_gpu": record["accelerator"].accelerator is not None}


RESOURCES = Section(
    "resources",
    (
        Field(
            "cpu",
            Text(cpu_rule, phrase="text such as '2' or 500m", pattern=CPU_PATTERN),
            "CPU the model gets, in cores or in thousandths of a core.",
            "1",
            unit="cores, or `m` for thousandths",
            example="500m",
        ),
        Field(
            "memory",
            Text(memory_rule, phrase="text such as 2Gi", pattern=MEMORY_PATTERN),
            "Main memory the model gets.",
            "2Gi",
            unit="bytes, or with a unit (Ki Mi Gi Ti Pi Ei, k M G T P E)",
            example="16Gi",
        ),
        Field(
            "accelerator",
            AcceleratorKind(),
            "The GPU type, with `:COUNT` for more than one.",
            None,
            example="H100:2",
        ),
        Field(
            "instance_type",
            Maybe(Text()),
            "The exact instance type; `cpu`, `memory` and `accelerator` are then ignored.",
            None,
            example="L4:4x16",
        ),
        Field(
            "node_count",
            Maybe(Integer(least=1, strict=True)),
            "How many nodes one deployment spans.",
            None,
            unit="nodes",
            example=2,
        ),
        Field(
            "fabric",
            Maybe(FABRIC),
            "What the network between nodes has to offer.",
            None,
            example={"use_rdma": True},
        ),
    ),
    rules=(Rule(("cpu", "memory"), sanity),),
    before=_drop_computed,
    finish=_finish,
    legacy=(
        Field(
            "use_gpu",
            Boolean(),
            "Follows from `accelerator`; what is written here has no effect.",
            False,
            leads_to=MACHINE,
            deprecated="computed from `accelerator`",
            replacement="accelerator",
        ),
    ),
)
