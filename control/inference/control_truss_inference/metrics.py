"""Counters in the Prometheus text format, joined with those the model keeps itself."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds


class Metrics:
    """Touched on the event loop only."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.load_seconds: float | None = None
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0
        self._count = 0

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        self._requests[endpoint, status] += 1
        self._seconds += seconds
        self._count += 1
        for bound in BUCKETS:
            if seconds <= bound:
                self._buckets[bound] += 1

    def render(self) -> bytes:
        return "\n".join([*self._lines(), ""]).encode() + _of_the_model()

    def _lines(self) -> list[str]:
        name = "control_truss_requests_total"
        lines = [f"# HELP {name} Answered requests.", f"# TYPE {name} counter"]
        for (endpoint, status), count in sorted(self._requests.items()):
            lines.append(f'{name}{{endpoint="{endpoint}",status="{status}"}} {count}')
        lines += self._histogram("control_truss_request_seconds")
        lines += _gauge("control_truss_requests_in_flight", "Requests at work.", self.in_flight)
        if self.load_seconds is not None:
            name = "control_truss_model_load_seconds"
            lines += _gauge(name, "What loading the model took.", round(self.load_seconds, 6))
        return lines

    def _histogram(self, name: str) -> list[str]:
        lines = [f"# HELP {name} Time from request to end of answer.", f"# TYPE {name} histogram"]
        lines += [f'{name}_bucket{{le="{bound}"}} {self._buckets[bound]}' for bound in BUCKETS]
        lines.append(f'{name}_bucket{{le="+Inf"}} {self._count}')
        return [*lines, f"{name}_sum {self._seconds:.6f}", f"{name}_count {self._count}"]


def _gauge(name: str, text: str, value: Any) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {value}"]


def _of_the_model() -> bytes:
    """Metrics of the user's own, if the user's code keeps any with prometheus_client."""
    client = sys.modules.get("prometheus_client")
    return bytes(client.generate_latest()) if client is not None else b""
