"""What the image is built from: `base_image`, `docker_server` and `build`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from truss_base.config.containers import MapOf, Maybe
from truss_base.config.definitions.auth import (
    AWS_ASSUME_ROLE,
    AWS_OIDC,
    CLOUD_FIELDS,
    GCP_OIDC,
    method_rule,
)
from truss_base.config.faults import Fault
from truss_base.config.field import Field
from truss_base.config.kinds import Anything, Boolean, Choice, Complaint, Integer, Text
from truss_base.config.record import Record
from truss_base.config.section import Rule, Section
from truss_base.config.section_faults import missing_key
from truss_base.config.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Path

_APP_USER_ID = 60000
_RESERVED_PORT = 8080
_MAX_PORT = 65535
_MAX_SECRET_NAME = 253
_SECRET_NAME = re.compile(r"[-._a-zA-Z0-9]+\n?")
_REGISTRY_SECRET_PREFIX = "DOCKER_REGISTRY_"
_SECRET_NAME_PATTERN = rf"^(?:[-._a-zA-Z0-9]+\n?$|{_REGISTRY_SECRET_PREFIX})"


def absolute_path_rule(text: str) -> Complaint | None:
    """Empty, or a path from the root."""
    if not text or PurePosixPath(text).is_absolute():
        return None
    return Complaint(f"{shorten(text)!r} is a relative path: it has to start with /")


def secret_name_rule(text: str) -> Complaint | None:
    """A name that Kubernetes takes for a secret."""
    if not text or text in (".", ".."):
        return Complaint(f"{text!r} is no name of a secret")
    if len(text) > _MAX_SECRET_NAME:
        return Complaint(f"the name of a secret has at most {_MAX_SECRET_NAME} characters")
    if _SECRET_NAME.fullmatch(text) or text.startswith(_REGISTRY_SECRET_PREFIX):
        return None
    message = f"{shorten(text)!r} is no name of a secret: letters, digits, '-', '_' and '.'"
    return Complaint(message)


DOCKER_AUTH = Section(
    "docker_auth",
    (
        *CLOUD_FIELDS,
        Field(
            "auth_method",
            Choice(
                (
                    "GCP_SERVICE_ACCOUNT_JSON",
                    "AWS_IAM",
                    "AWS_OIDC",
                    "GCP_OIDC",
                    "REGISTRY_SECRET",
                    "AWS_ASSUME_ROLE",
                ),
                any_case=True,
            ),
            "How to authenticate with the registry; `AWS_ASSUME_ROLE` since 0.18.27.",
        ),
        Field("registry", Maybe(Text()), "The registry's address.", "", example="us.gcr.io"),
        Field(
            "secret_name",
            Maybe(Text()),
            "The secret that holds the credentials.",
            None,
            example="gcp_service_account",
        ),
        Field(
            "aws_access_key_id_secret_name",
            Text(),
            "The secret that holds the AWS access key id, for AWS_IAM.",
            "aws_access_key_id",
        ),
        Field(
            "aws_secret_access_key_secret_name",
            Text(),
            "The secret that holds the AWS secret access key, for AWS_IAM.",
            "aws_secret_access_key",
        ),
    ),
    rules=(
        method_rule(
            "secret_name",
            {
                "GCP_SERVICE_ACCOUNT_JSON": ("secret_name",),
                "AWS_OIDC": AWS_OIDC,
                "GCP_OIDC": GCP_OIDC,
                "AWS_ASSUME_ROLE": AWS_ASSUME_ROLE,
            },
        ),
    ),
)

BASE_IMAGE = Section(
    "base_image",
    (
        Field("image", Text(), "The image to build on.", "", example="vllm/vllm-openai:v0.11.0"),
        Field(
            "python_executable_path",
            Text(absolute_path_rule, pattern="^(?:/|$)"),
            "The Python in that image; empty for the `python3` on its PATH.",
            "",
            example="/usr/bin/python3",
        ),
        Field(
            "docker_auth",
            Maybe(DOCKER_AUTH),
            "How to pull from a private registry.",
            None,
            example={
                "auth_method": "AWS_IAM",
                "registry": "123456789012.dkr.ecr.us-west-2.amazonaws.com",
            },
        ),
    ),
)


def _start_rule(record: Record, path: Path) -> Iterator[Fault]:
    if record["start_command"] is None and not record["no_build"]:
        message = "`docker_server` needs `start_command` unless `no_build` is true"
        yield missing_key(path, "start_command", message)


def _user_rule(record: Record, path: Path) -> Iterator[Fault]:
    if record["run_as_user_id"] in (0, _APP_USER_ID):
        message = f"`run_as_user_id` cannot be {record['run_as_user_id']}: choose another user"
        yield Fault((*path, "run_as_user_id"), "value", message)


def _port_rule(record: Record, path: Path) -> Iterator[Fault]:
    port = record["server_port"]
    if port == _RESERVED_PORT:
        message = f"port {_RESERVED_PORT} is taken by the platform's proxy: choose another"
        yield Fault((*path, "server_port"), "reserved", message, severity="warning")
    elif not 0 < port <= _MAX_PORT:
        message = f"{port} is no port: 1 to {_MAX_PORT}"
        yield Fault((*path, "server_port"), "range", message, severity="warning")


DOCKER_SERVER = Section(
    "docker_server",
    (
        Field(
            "start_command",
            Maybe(Text()),
            "The command that starts the server; needed unless `no_build` is true.",
            None,
            example="vllm serve /models --port 8000",
        ),
        Field(
            "server_port", Integer(), "The port the server listens on; 8080 is taken.", example=8000
        ),
        Field(
            "predict_endpoint",
            Text(),
            "The route that answers predictions.",
            example="/v1/chat/completions",
        ),
        Field(
            "readiness_endpoint",
            Text(),
            "The route that says whether requests may come.",
            example="/health",
        ),
        Field(
            "liveness_endpoint",
            Text(),
            "The route that says whether the container should be kept.",
            example="/health",
        ),
        Field(
            "run_as_user_id",
            Maybe(Integer()),
            f"The Linux user the server runs as; neither 0 nor {_APP_USER_ID}.",
            None,
            example=1000,
        ),
        Field(
            "no_build", Maybe(Boolean()), "Deploys the base image as it is, without a build.", None
        ),
    ),
    rules=(
        Rule(("start_command", "no_build"), _start_rule),
        Rule(("run_as_user_id",), _user_rule),
        Rule(("server_port",), _port_rule),
    ),
)

BUILD = Section(
    "build",
    (
        Field(
            "model_server",
            Choice(("TrussServer", "TRT_LLM")),
            "The server the image is built for.",
            "TrussServer",
            deprecated="decided by `trt_llm` and `docker_server`",
        ),
        Field(
            "arguments",
            MapOf(Anything()),
            "Arguments for the image builder.",
            {},
            example={"name": "value"},
            deprecated="no builder reads it any more",
        ),
        Field(
            "secret_to_path_mapping",
            MapOf(Text(), secret_name_rule, _SECRET_NAME_PATTERN),
            "Secrets the build may read: from their name to a path in the image.",
            {},
            example={"hf_access_token": "/workspace/.hf_access_token"},
        ),
        Field("no_cache", Boolean(), "Builds without cached layers; a flag of the push.", False),
    ),
)
