"""`GET /control/metrics` in Prometheus' text format. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from control.plane.proxy.route import Traffic

STATES = ("starting", "loading", "ready", "patching", "failed", "stopped")


def metrics_text(status: Mapping[str, Any], traffic: Traffic) -> str:
    """The metrics for a status and the proxy's counts."""
    return "\n".join(_lines(status, traffic)) + "\n"


def _lines(status: Mapping[str, Any], traffic: Traffic) -> Iterator[str]:
    yield from _metric("uptime_seconds", "gauge", {"": status["uptime_seconds"]})
    yield from _metric(
        "state", "gauge", {f'{{state="{name}"}}': int(status["state"] == name) for name in STATES}
    )
    memory = {
        f'{{process="{name}"}}': int(megabytes * 2**20)
        for name, megabytes in status["memory_mb"].items()
        if megabytes is not None
    }
    yield from _metric("resident_memory_bytes", "gauge", memory)
    yield from _metric("proxied_requests_total", "counter", {"": traffic.requests})
    yield from _metric("proxied_unavailable_total", "counter", {"": traffic.unavailable})
    yield from _metric("proxied_lost_total", "counter", {"": traffic.lost})


def _metric(name: str, kind: str, samples: Mapping[str, float]) -> Iterator[str]:
    yield f"# TYPE control_truss_{name} {kind}"
    for labels, value in samples.items():
        yield f"control_truss_{name}{labels} {value}"
