"""Which endpoint serves which method and path."""

from __future__ import annotations

import enum
import re


class Endpoint(enum.Enum):
    LIVE = "live"
    HEALTH = "health"
    LOADED = "loaded"
    SCHEMA = "schema"
    PREDICT = "predict"
    OPENAI = "openai"
    METRICS = "metrics"
    MISSING = "missing"
    WRONG_METHOD = "wrong_method"


WEBSOCKET_PATH = "/v1/websocket"

# path -> (method -> endpoint, the endpoint's parameter)
FIXED: dict[str, tuple[dict[str, Endpoint], str]] = {
    "/": ({"GET": Endpoint.LIVE}, ""),
    "/metrics": ({"GET": Endpoint.METRICS}, ""),
    "/ping": ({"GET": Endpoint.HEALTH, "POST": Endpoint.HEALTH}, "model"),
    "/invocations": ({"GET": Endpoint.PREDICT, "POST": Endpoint.PREDICT}, "model"),
    "/v1/chat/completions": ({"POST": Endpoint.OPENAI}, "chat_completions"),
    "/v1/completions": ({"POST": Endpoint.OPENAI}, "completions"),
    "/v1/embeddings": ({"POST": Endpoint.OPENAI}, "embeddings"),
    "/v1/messages": ({"POST": Endpoint.OPENAI}, "messages"),
    "/v1/responses": ({"POST": Endpoint.OPENAI}, "responses"),
}
# what follows /v1/models/{name} -> method -> endpoint; the name is the parameter
OF_A_MODEL: dict[str, dict[str, Endpoint]] = {
    "": {"GET": Endpoint.HEALTH},
    "/loaded": {"GET": Endpoint.LOADED},
    "/schema": {"GET": Endpoint.SCHEMA},
    ":predict": {"POST": Endpoint.PREDICT},
    ":predict_binary": {"POST": Endpoint.PREDICT},
}
MODEL_PATH = re.compile(r"/v1/models/([^/:]+)(.*)")


def find(method: str, path: str) -> tuple[Endpoint, str]:
    """The endpoint and its parameter. Unknown paths and methods have endpoints of their own."""
    methods, parameter = _methods(path)
    if methods is None:
        return Endpoint.MISSING, path
    if method not in methods:
        return Endpoint.WRONG_METHOD, ", ".join(methods)
    return methods[method], parameter


def _methods(path: str) -> tuple[dict[str, Endpoint] | None, str]:
    if path in FIXED:
        return FIXED[path]
    match = MODEL_PATH.fullmatch(path)
    if match is None:
        return None, path
    return OF_A_MODEL.get(match[2]), match[1]
