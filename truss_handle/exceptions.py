"""What can go wrong between a developer's machine and a running Truss.

HandleError
├── NotRunning             nothing runs for this Truss
├── NotControlTruss        it runs as a plain server; .key names what would change that
├── RebuildNeeded          only a new environment or image realises the change; .reasons
├── PatchRefused           the control plane did not take the patch; nothing was touched
├── PatchFailed            the new version did not come up; the old one still answers; .model_error
├── ModelLoadFailed        the first version did not come up; .model_error
├── StartFailed            the server process ended before it answered
├── ServerUnavailable      a server that should run does not answer, or answers nonsense
├── PredictFailed          the model answered with a failure; .model_error (`docker_predict` only)
├── PredictTimeout         no answer within the caller's limit
├── InputInvalid           what the caller handed over cannot be used
└── MachineProblem         this machine lacks something
    ├── PythonNotFound
    ├── EnvironmentFailed  requirements that do not resolve or install
    ├── ImageFailed        an image that does not build
    ├── DockerUnavailable
    └── PortTaken

Every message is one line: what happened, and where. `hint` says what to do next; from
Python 3.11 on, it is a note of the exception, too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

ModelError = Mapping[str, Any]
"""A failure inside the user's model as the inference server reports it:
id, phase, type, message, traceback, frames [{path, line, function}], path, line."""


class HandleError(Exception):
    """Base of everything this package raises on purpose."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(" ".join(message.split()))
        self.hint = hint
        # Who does not catch it reads a traceback, which shows notes and no attributes.
        if hint and sys.version_info >= (3, 11):
            self.add_note(f"hint: {hint}")


class NotRunning(HandleError):
    """Nothing runs for this Truss."""


class NotControlTruss(HandleError):
    """The Truss runs as a plain server, which takes no patches."""

    def __init__(self, message: str, *, key: str = "use_control_plane", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.key = key


class RebuildNeeded(HandleError):
    """A patch cannot realise the change. `reasons`: [{subject, strategy, reason}]."""

    def __init__(
        self, message: str, *, reasons: Sequence[Mapping[str, str]] = (), hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.reasons = tuple(dict(reason) for reason in reasons)


class PatchRefused(HandleError):
    """The control plane did not take the patch. `problem` is its RFC 9457 answer."""

    def __init__(
        self, message: str, *, problem: Mapping[str, Any] | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.problem = dict(problem or {})


class _WithModelError(HandleError):
    """A failure that carries the user's own exception, when there is one."""

    def __init__(
        self, message: str, *, model_error: ModelError | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.model_error = model_error


class PatchFailed(_WithModelError):
    """The new version did not come up; the old one still answers."""


class ModelLoadFailed(_WithModelError):
    """The model did not load, and no older version answers in its place."""


class PredictFailed(_WithModelError):
    """The model answered with a failure. Raised only where the answer itself is the result."""


class StartFailed(HandleError):
    """The server process ended, or did not answer, before it was ready."""


class ServerUnavailable(HandleError):
    """A server that should run does not answer, or answers what nobody asked for."""


class PredictTimeout(HandleError):
    """No answer within the caller's limit."""


class InputInvalid(HandleError):
    """What the caller handed over cannot be used."""


class MachineProblem(HandleError):
    """This machine lacks something that a start needs."""


class PythonNotFound(MachineProblem):
    """No interpreter of the version that the config asks for."""


class EnvironmentFailed(MachineProblem):
    """Requirements that do not resolve or do not install."""


class ImageFailed(MachineProblem):
    """An image that does not build."""


class DockerUnavailable(MachineProblem):
    """No Docker engine answers."""


class PortTaken(MachineProblem):
    """The port asked for is in use."""
