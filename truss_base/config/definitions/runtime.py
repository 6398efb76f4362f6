"""`runtime`: how requests reach the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.config.containers import Maybe
from truss_base.config.definitions.effects import CONTAINER, IMAGE, SERVER_READS
from truss_base.config.definitions.network import EGRESS, TRANSPORT, WEBSOCKET
from truss_base.config.faults import At, Fault
from truss_base.config.field import Field
from truss_base.config.kinds import Boolean, Complaint, Integer, Text
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section
from truss_base.config.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path, Report


def version_rule(text: str) -> Complaint | None:
    """A version as Python packages have them (PEP 440)."""
    # Imported here: few configs have this key, and hover and completion never need it.
    from packaging.version import Version

    try:
        Version(text)
    except ValueError:  # a version that is none, or one of too many digits
        return Complaint(f"{shorten(text)!r} is no version such as 0.9.0")
    return None


HEALTH_CHECKS = Section(
    "health_checks",
    (
        Field(
            "restart_check_delay_seconds",
            Maybe(Integer()),
            "How long to wait before the checks that restart an instance begin.",
            None,
            unit="seconds",
            example=300,
            deprecated="the time a model takes to start is given instead",
            replacement="startup_threshold_seconds",
        ),
        Field(
            "restart_threshold_seconds",
            Maybe(Integer()),
            "How long an instance may be unhealthy before it is restarted.",
            None,
            unit="seconds",
            example=600,
        ),
        Field(
            "stop_traffic_threshold_seconds",
            Maybe(Integer()),
            "How long an instance may be unhealthy before it gets no more requests.",
            None,
            unit="seconds",
            example=300,
        ),
        Field(
            "startup_threshold_seconds",
            Maybe(Integer()),
            "How long a model may take to start before it counts as unhealthy.",
            None,
            unit="seconds",
            example=1200,
        ),
    ),
)


def _legacy_keys(raw: dict[Any, Any], path: Path, report: Report) -> dict[Any, Any]:
    if "num_workers" in raw and raw["num_workers"] != 1:
        message = (
            "`num_workers` can only be 1: one server runs one worker; "
            "use `predict_concurrency`, asyncio or more replicas"
        )
        report(Fault((*path, "num_workers"), "value", message, At.KEY))
    if raw.get("transport") is None and raw.get("is_websocket_endpoint"):
        return {**raw, "transport": {"kind": "websocket"}}
    if raw.get("transport") == {}:
        return {**raw, "transport": {"kind": "http"}}
    return raw


def _sync_websocket(record: Record) -> None:
    """The two ways to ask for websockets agree in the result, whichever was written."""
    transport = record["transport"]
    if record["is_websocket_endpoint"] and transport["kind"] != "websocket":
        record.values_by_name["transport"] = WEBSOCKET.read(
            {"kind": "websocket"}, (), lambda fault: None
        )
    record.values_by_name["is_websocket_endpoint"] = record["transport"]["kind"] == "websocket"


def _positive(record: Record, path: Path) -> Iterator[Fault]:
    for name in ("predict_concurrency", "streaming_read_timeout"):
        if name in record.given and record[name] < 1:
            message = f"`{name}` below 1 leaves no room for a request"
            yield Fault((*path, name), "range", message, severity="warning")


def _switch(name: str, doc: str, kind: Boolean | Maybe, default: object) -> Section:
    return Section(name, (Field("enabled", kind, doc, default, example=True),))


RUNTIME = Section(
    "runtime",
    (
        Field(
            "predict_concurrency",
            Integer(),
            "How many requests may be in `predict` at the same time.",
            1,
            unit="requests",
            example=8,
        ),
        Field(
            "streaming_read_timeout",
            Integer(),
            "How long a streamed answer may pause before it is given up.",
            60,
            unit="seconds",
            example=120,
        ),
        Field(
            "enable_tracing_data",
            Boolean(),
            "Exports OpenTelemetry traces; costs some speed.",
            False,
        ),
        Field("enable_debug_logs", Boolean(), "Makes the server log at level DEBUG.", False),
        Field(
            "transport",
            TRANSPORT,
            "The protocol clients speak with the model.",
            {"kind": "http"},
            dump_whole=True,
            leads_to=CONTAINER,
            example={"kind": "websocket"},
        ),
        Field(
            "is_websocket_endpoint",
            Maybe(Boolean()),
            "Whether the model speaks websocket; follows from `transport`.",
            None,
            leads_to=CONTAINER,
            deprecated="follows from the transport",
            replacement="transport: {kind: websocket}",
            derived=True,
        ),
        Field(
            "health_checks",
            HEALTH_CHECKS,
            "When an instance counts as unhealthy, and what follows.",
            {},
            example={"startup_threshold_seconds": 1200},
            leads_to=CONTAINER,
        ),
        Field(
            "oidc",
            _switch(
                "oidc",
                "Mounts an OIDC token the model can read; null leaves it to the platform.",
                Maybe(Boolean()),
                None,
            ),
            "An OIDC token for the running model.",
            {},
            leads_to=CONTAINER,
        ),
        Field(
            "remote_ssh",
            _switch("remote_ssh", "Allows SSH into running instances.", Boolean(), False),
            "SSH access to running instances.",
            {},
            leads_to=CONTAINER,
        ),
        Field(
            "egress_restrictions",
            Maybe(EGRESS),
            "What the model may reach on the network; without it, everything.",
            None,
            example={"fqdn_allow_list": ["*.example.com"]},
            leads_to=CONTAINER,
        ),
        Field(
            "truss_server_version_override",
            Maybe(Text(version_rule)),
            "Builds the server of this release instead of the one that pushes.",
            None,
            leads_to=IMAGE,
            example="0.9.0",
        ),
    ),
    rules=(Rule(("predict_concurrency", "streaming_read_timeout"), _positive),),
    before=_legacy_keys,
    settle=_sync_websocket,
    legacy=(
        Field(
            "num_workers",
            Integer(),
            "Workers per server: always 1.",
            1,
            leads_to=SERVER_READS,
            deprecated="one server runs one worker",
            replacement="predict_concurrency",
        ),
    ),
)
