"""Ways to authenticate, shared by `weights[].auth` and `base_image.docker_auth`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.containers import Maybe
from truss_base.config.faults import At, Fault
from truss_base.config.field import Field
from truss_base.config.kinds import Text
from truss_base.config.record import Record
from truss_base.config.section import Rule
from truss_base.config.section_faults import missing_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from truss_base.config.faults import Path

CLOUD_FIELDS = (
    Field(
        "aws_oidc_role_arn",
        Maybe(Text()),
        "The AWS role that is assumed by OIDC.",
        None,
        example="arn:aws:iam::123456789012:role/reader",
    ),
    Field("aws_oidc_region", Maybe(Text()), "The AWS region, for OIDC.", None, example="us-west-2"),
    Field(
        "gcp_oidc_service_account",
        Maybe(Text()),
        "The Google Cloud service account that is assumed by OIDC.",
        None,
        example="reader@project.iam.gserviceaccount.com",
    ),
    Field(
        "gcp_oidc_workload_id_provider",
        Maybe(Text()),
        "The Google Cloud workload identity provider, for OIDC.",
        None,
        example="projects/1/locations/global/workloadIdentityPools/pool/providers/provider",
    ),
    Field(
        "aws_assume_role_arn",
        Maybe(Text()),
        "The AWS role the platform assumes with a principal of its own.",
        None,
        example="arn:aws:iam::123456789012:role/reader",
    ),
    Field(
        "aws_assume_role_region",
        Maybe(Text()),
        "The AWS region, for the assumed role.",
        None,
        example="us-west-2",
    ),
)
AWS_OIDC = ("aws_oidc_role_arn", "aws_oidc_region")
GCP_OIDC = ("gcp_oidc_service_account", "gcp_oidc_workload_id_provider")
AWS_ASSUME_ROLE = ("aws_assume_role_arn", "aws_assume_role_region")


def method_rule(secret: str, needed: Mapping[str, tuple[str, ...]]) -> Rule:
    """Each method needs its own fields and forbids those of the others.

    `needed` maps a method to its fields; a method that is not in it is unchecked.
    """
    every = (secret, *AWS_OIDC, *GCP_OIDC, *AWS_ASSUME_ROLE)
    return Rule((*every, "auth_method"), _checker(every, needed))


def _checker(
    every: tuple[str, ...], needed: Mapping[str, tuple[str, ...]]
) -> Callable[[Record, Path], Iterator[Fault]]:
    def check(record: Record, path: Path) -> Iterator[Fault]:
        method = record["auth_method"]
        required = needed.get(method)
        if required is None:
            return
        for name in every:
            if name in required and not record[name]:
                yield _absent(name, method, record, path)
            elif name not in required and record[name]:
                message = f"`{name}` does not go with auth_method {method}"
                yield Fault((*path, name), "conflict", message, At.KEY)

    return check


def _absent(name: str, method: str, record: Record, path: Path) -> Fault:
    message = f"auth_method {method} needs `{name}`"
    if name in record.given:
        return Fault((*path, name), "missing-key", message, At.KEY)
    return missing_key(path, name, message)
