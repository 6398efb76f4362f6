"""The plain data that the verbs of this package take and return."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class StartOptions:
    """How to start a Truss.

    `port` None: any free one. `base_image` and `ca_bundle`: docker runtime only; the bundle is
    for networks whose proxy re-signs TLS. `python`: the interpreter of the local runtime,
    instead of a search. `load_timeout` in seconds.
    """

    runtime: str = "local"
    any_python: bool = False
    port: int | None = None
    base_image: str | None = None
    ca_bundle: Path | None = None
    load_timeout: float = 600.0
    python: Path | None = None

    def to_details(self) -> dict[str, Any]:
        """A JSON value, kept beside the instance so that a rebuild starts it the same way."""
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_details(cls, value: Mapping[str, Any]) -> StartOptions:
        """Back from `to_details`; keys of other versions are left out."""
        known = {field.name for field in fields(cls)}
        given = {name: item for name, item in value.items() if name in known}
        for name in ("ca_bundle", "python"):
            if given.get(name) is not None:
                given[name] = Path(given[name])
        return cls(**given)


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """One step of a longer verb. `stage` is a stable word, `message` is for people."""

    stage: str
    message: str
    percent: int | None = None


Progress = Callable[[ProgressEvent], None]


def no_progress(_event: ProgressEvent) -> None:
    """The listener of callers who do not listen."""


@dataclass(frozen=True, slots=True)
class Running:
    """One running instance of a Truss, as the registry keeps it.

    `truss_dir` is resolved. `url` has no trailing slash. `token_file` is None for plain servers.
    `started_at` in seconds since the epoch. `details` belongs to the runtime: JSON values only.
    """

    id: str
    truss_dir: Path
    runtime: str
    url: str
    token_file: Path | None
    started_at: float
    control: bool
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PatchResult:
    """What a patch did, or would do. `changed` False: the server already ran these files.

    `reservation`: what would make it another `strategy` than the one of a dry run, in words.
    """

    ok: bool
    changed: bool
    hash: str
    prev_hash: str
    strategy: str
    reasons: Sequence[Mapping[str, str]]
    timings_ms: Mapping[str, float]
    msg: str
    reservation: str = ""


@dataclass(frozen=True, slots=True)
class PredictResult:
    """An answer of the model. `size` in bytes; `first_byte_ms` until the body began.

    `kind`: json, msgpack, text or binary; `body` the decoded JSON or MessagePack, the text, or a
    description of bytes that are none of these.
    """

    status: int
    body: Any
    latency_ms: float
    size: int
    content_type: str
    model_error: Mapping[str, Any] | None = None
    first_byte_ms: float | None = None
    kind: str = "json"

    @property
    def ok(self) -> bool:
        """Whether the model answered rather than failed."""
        return self.status < 400


@dataclass(frozen=True, slots=True)
class PredictInput:
    """A payload to ask with. `source`: examples.yaml, metadata, last or empty.

    `problem`: why the file of examples cannot be used, "" where nothing is wrong with it.
    """

    input: Any
    source: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunningStatus:
    """Everything known about a Truss and what runs of it.

    `state`: stopped, starting, loading, ready, patching, failed or unreachable. `in_sync` is None
    where it cannot be known, or no patch could change it (nothing runs, a plain server on other
    files). `message` says in a line what the other fields cannot. `started` is
    `started_at` in ISO 8601, UTC. `pid`: by role (control, inference), as the runtime counts them:
    those of a container are its own.
    """

    truss_dir: Path
    state: str = "stopped"
    runtime: str | None = None
    id: str | None = None
    url: str | None = None
    control: bool = False
    hash: str | None = None
    local_hash: str | None = None
    in_sync: bool | None = None
    started_at: float | None = None
    uptime_seconds: float | None = None
    load_seconds: float | None = None
    last_error: Mapping[str, Any] | None = None
    memory_mb: Mapping[str, float] = field(default_factory=dict)
    patches: Sequence[Mapping[str, Any]] = ()
    pid: Mapping[str, int] = field(default_factory=dict)
    started: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    message: str | None = None
