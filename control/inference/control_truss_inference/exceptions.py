"""Everything that can go wrong between a request and its answer.

InferenceError
├── ModelNotReady            503  the model is still loading
├── InputError               400  the body is not what the model takes
├── MethodNotImplemented     404  the model has no such method
├── ModelDefinitionError     412  the Model class breaks the contract
├── ClientDisconnected       499  nobody waits for the answer
├── UserCodeError            500  the user's code raised
├── ReleaseError             -    the release or its config cannot be read
├── ControlChannelError      -    a line on the control channel makes no sense
├── SwapRefused              -    what is alive in the process forbids a hot swap
└── SecretNotFound           -    a secret is not declared, or has no value
"""

from __future__ import annotations


class InferenceError(Exception):
    """Base of all errors of the inference server."""


class ModelNotReady(InferenceError):
    def __init__(self, name: str = "model") -> None:
        super().__init__(f"Model with name {name} is not ready.")


class InputError(InferenceError):
    pass


class MethodNotImplemented(InferenceError):
    pass


class ModelDefinitionError(InferenceError):
    """The Model class breaks the contract.

    `path` (absolute, as Python knows it) and `line` (from 1) say where, when that is known.
    """

    def __init__(self, message: str, path: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


class ClientDisconnected(InferenceError):
    pass


class UserCodeError(InferenceError):
    """Carries what the user's code raised: any BaseException, SystemExit included."""

    def __init__(self, original: BaseException) -> None:
        super().__init__(type(original).__name__)
        self.original = original


class ReleaseError(InferenceError):
    pass


class ControlChannelError(InferenceError):
    pass


class SwapRefused(InferenceError):
    """The new code would be right, but something alive would go on with the old one."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class SecretNotFound(InferenceError, KeyError):
    """A KeyError too, so that `secrets.get(name)` and `name in secrets` work as on any mapping."""

    def __str__(self) -> str:
        return str(self.args[0])
