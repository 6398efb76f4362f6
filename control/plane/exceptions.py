"""Everything the control plane raises on purpose.

ControlPlaneError
├── UsageError                 flags or files given at start that cannot work
├── StateError                 the state directory cannot be used
├── ReleaseError               a release cannot be staged
│   ├── UnsafePath             a path would be reached through a link or leave its root
│   ├── ForeignChange          the running model changed files of its own release
│   └── HashMismatch           the staged tree is not the promised one
├── InstallFailed              requirements or system packages cannot be installed
│   └── NeedsRebuild           only a new image can have them
├── SwapRefused                the serving process cannot take a release over; it has to be loaded
├── DownloadFailed             a file that the config names by URL cannot be had
├── LoadFailed                 a release does not load; carries the error for the developer
├── PreloadFailed              a package cannot be imported before the release is known
├── MalformedRequest           bytes from a client that are no request served here (400 to 505)
├── Unavailable                no inference process may answer now (503)
├── UpstreamError              an inference process could not answer one request (502)
│   ├── UpstreamUnreached      nothing was sent: another process may be asked
│   └── UpstreamLost           it ended while it was answering
└── Problem                    an answer of the control API, RFC 9457
    ├── InvalidRequest         400
    ├── Unauthorized           401
    ├── Forbidden              403
    ├── NotFound               404
    ├── MethodNotAllowed       405
    ├── InadmissiblePatch      409
    ├── GivenUp                409, a patch ended before it was live, by no fault of its own
    │   ├── Superseded         a newer patch came
    │   ├── Interrupted        the inference server was restarted or stopped
    │   └── Abandoned          whoever sent it left
    ├── BlobOffset             409, an upload goes on where the last one did not end
    ├── MissingBlobs           409, a patch refers to what was never sent
    ├── TooLarge               413
    ├── UnsupportedMediaType   415
    ├── BlobMismatch           422, what came is not what was announced
    ├── UnsupportedPatch       422, with a reason per change
    ├── PatchFailed            422, the old version still serves
    ├── InternalProblem        500
    ├── LoadProblem            503, nothing serves
    └── NoSpace                507, the disk does not take a blob
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ControlPlaneError(Exception):
    """The root of everything this package raises."""


class UsageError(ControlPlaneError):
    """The control plane was started with something it cannot work with."""


class StateError(ControlPlaneError):
    """The state directory is in use, unreadable or empty without a Truss to start from."""


class ReleaseError(ControlPlaneError):
    """A release cannot be staged."""


class UnsafePath(ReleaseError):
    """A path would be reached through a symbolic link, or leaves its root."""


class ForeignChange(ReleaseError):
    """Files of the live release were changed by the model itself."""


class HashMismatch(ReleaseError):
    """The files of a release do not hash to what was promised."""


class InstallFailed(ControlPlaneError):
    """What a version asks for cannot be installed; the message is the installer's."""


class SwapRefused(ControlPlaneError):
    """The serving process cannot take a release over without being started anew."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(one_line(reasons))
        self.reasons = list(reasons)


class DownloadFailed(ControlPlaneError):
    """A file of `external_data` cannot be had. Never tells the secrets of a signed URL."""

    def __init__(self, url: str, said: str) -> None:
        parts = urlsplit(url)
        place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        super().__init__(f"{place} could not be downloaded: {said}")


class NeedsRebuild(InstallFailed):
    """What a version asks for can only be installed where nothing runs yet."""


class LoadFailed(ControlPlaneError):
    """A release could not be loaded. `error` is what the inference server reported."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error.get('type', 'Error')}: {error.get('message', '')}")
        self.error = dict(error)


class PreloadFailed(ControlPlaneError):
    """A warm spare could not import `module` ahead of a release. Nobody but the log hears of it."""

    def __init__(self, module: str, problem: str) -> None:
        super().__init__(problem)
        self.module = module


class MalformedRequest(ControlPlaneError):
    """What a client sent cannot be passed on without guessing what was meant."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Unavailable(ControlPlaneError):
    """No inference process may answer requests now, and waiting did not change that."""


class UpstreamError(ControlPlaneError):
    """An inference process did not answer one request."""


class UpstreamUnreached(UpstreamError):
    """Not one byte of the request was delivered, so another process may be asked."""


class UpstreamLost(UpstreamError):
    """The inference process went away while it was answering."""


class Problem(ControlPlaneError):
    """One refusal of the control API. `type` is stable; `detail` is one line for people."""

    status: ClassVar[int]
    type: ClassVar[str]
    title: ClassVar[str]

    def __init_subclass__(cls, **declared: int | str) -> None:
        """Takes what a kind of problem declares beside its base: `status`, `type`, `title`."""
        super().__init_subclass__()
        for name, value in declared.items():
            setattr(cls, name, value)

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def extra(self) -> dict[str, Any]:
        """Members of the problem beside the standard ones."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """The problem as RFC 9457 JSON, with the `error` member that older clients read."""
        return {
            **self.extra(),
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "error": {"type": self.type, "msg": self.detail},
        }


class InvalidRequest(
    Problem, status=400, type="invalid_request", title="The request is not understood"
):
    """The body is not what the route takes."""


class Unauthorized(Problem, status=401, type="unauthorized", title="A valid token is required"):
    """No token, or the wrong one."""


class Forbidden(Problem, status=403, type="forbidden", title="The request is refused"):
    """The request comes from where no request may come from."""


class NotFound(Problem, status=404, type="not_found", title="There is no such route"):
    """There is no such route."""


class MethodNotAllowed(
    Problem, status=405, type="method_not_allowed", title="The route takes another method"
):
    """The route exists, with another method."""


class InadmissiblePatch(
    Problem,
    status=409,
    type="inadmissible_patch",
    title="The patch does not fit the running version",
):
    """The patch does not fit the running version, or does not do what it promises."""


class GivenUp(Problem, status=409):
    """A patch ended before it was live, by no fault of its own."""

    @property
    def remembered(self) -> str:
        """The error as the history keeps it."""
        return self.type


class Superseded(GivenUp, type="superseded", title="A newer patch replaced this one"):
    """A newer patch came before this one was live."""

    def __init__(self) -> None:
        super().__init__("A newer patch replaced this one before it was live; nothing was changed.")


class Interrupted(
    GivenUp, type="interrupted", title="A restart or a stop came before the patch was live"
):
    """Somebody restarted or stopped the inference server before the patch was live."""

    def __init__(self) -> None:
        super().__init__(
            "The inference server was restarted or stopped before the patch was live; "
            "nothing was changed. Send it again if it is still wanted."
        )


class Abandoned(GivenUp, type="abandoned", title="The client left before the patch was live"):
    """Whoever sent the patch left before it was live; the history alone tells of it."""

    def __init__(self) -> None:
        super().__init__("The client left before the patch was live; nothing was changed.")


class TooLarge(Problem, status=413, type="too_large", title="The request is too large"):
    """The body exceeds the limit."""


class BlobOffset(Problem, status=409, type="blob_offset", title="The upload continues elsewhere"):
    """An upload has to go on where the last one ended, or begin anew."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"{offset} bytes of this blob are here: continue there, or begin at 0.")
        self.offset = offset

    def extra(self) -> dict[str, Any]:
        return {"offset": self.offset}


class MissingBlobs(
    Problem, status=409, type="missing_blobs", title="The patch refers to blobs that were not sent"
):
    """A patch refers to blobs that are not here; it may be sent again after them."""

    def __init__(self, missing: Sequence[str]) -> None:
        shown = ", ".join(digest[:12] for digest in missing[:3])
        super().__init__(f"{len(missing)} blobs are not here ({shown}, ...); send them first.")
        self.missing = list(missing)

    def extra(self) -> dict[str, Any]:
        return {"missing": self.missing}


class BlobMismatch(
    Problem, status=422, type="blob_mismatch", title="The blob is not what was announced"
):
    """The bytes that came hash to something else."""

    def __init__(self, announced: str, found: str) -> None:
        super().__init__(
            f"The bytes hash to {found[:12]}, not to {announced[:12]}; read the file and send it "
            "again."
        )


class NoSpace(Problem, status=507, type="no_space", title="There is no room for the blob"):
    """The disk does not take a blob."""


class UnsupportedMediaType(
    Problem, status=415, type="unsupported_media_type", title="Only JSON is taken"
):
    """The body is not declared as JSON."""


class UnsupportedPatch(
    Problem,
    status=422,
    type="unsupported_patch",
    title="The patch cannot be applied to a running Truss",
):
    """The patch asks for what a running container cannot do."""

    def __init__(self, detail: str, plan: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.plan = dict(plan or {})

    def extra(self) -> dict[str, Any]:
        return self.plan


class PatchFailed(
    Problem, status=422, type="patch_failed_recoverable", title="The new version does not load"
):
    """The new version does not load. The old one was never touched."""

    def __init__(self, detail: str, model_error: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.model_error = dict(model_error) if model_error is not None else None

    @property
    def remembered(self) -> str:
        """The error as the history keeps it."""
        return self.detail

    def extra(self) -> dict[str, Any]:
        return {} if self.model_error is None else {"model_error": self.model_error}


class InternalProblem(Problem, status=500, type="unknown", title="The control plane failed"):
    """A fault of the control plane itself."""


class LoadProblem(Problem, status=503, type="load_failed", title="The model does not load"):
    """The running version does not load."""

    def __init__(self, detail: str, model_error: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.model_error = dict(model_error)

    def extra(self) -> dict[str, Any]:
        return {"model_error": self.model_error}


def one_line(lines: Sequence[str]) -> str:
    """Joins findings into the single line a message for people may have."""
    return "; ".join(" ".join(line.split()) for line in lines)
