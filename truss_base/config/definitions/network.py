"""The network side of `runtime`: transports, and what the model may reach."""

from __future__ import annotations

import re

from truss_base.config.containers import ListOf, Maybe
from truss_base.config.field import Field
from truss_base.config.kinds import Choice, Complaint, Number, Text
from truss_base.config.section import Section, Variants
from truss_base.config.wording import shorten

_LABEL = r"[a-zA-Z0-9*](?:[a-zA-Z0-9*-]{0,61}[a-zA-Z0-9*])?"
_DOMAIN_PATTERN = rf"{_LABEL}(?:\.{_LABEL})*\n?"
_DOMAIN = re.compile(_DOMAIN_PATTERN)

_ADDRESS = r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"
_ADDRESS_PATTERN = rf"^{_ADDRESS}(?:/(?:0*(?:[0-9]|[12][0-9]|3[0-2])|{_ADDRESS}))?$"


def address_rule(text: str) -> Complaint | None:
    """An IPv4 address or a range of them."""
    # Imported here: few configs have this key.
    import ipaddress

    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return Complaint(f"{shorten(text)!r} is no IPv4 address or range such as 10.0.0.0/24")
    if network.version != 4:
        return Complaint(f"{shorten(text)!r} is an IPv6 address: only IPv4 is supported")
    return None


def domain_rule(text: str) -> Complaint | None:
    """A domain name in which `*` may stand anywhere in a label."""
    if _DOMAIN.fullmatch(text):
        return None
    return Complaint(f"{shorten(text)!r} is no domain name such as *.example.com")


_HTTP = Section(
    "transport",
    (Field("kind", Choice(("http",)), "The protocol: http, websocket or grpc.", "http"),),
    drops_unknown=True,
)


WEBSOCKET = Section(
    "transport",
    (
        Field(
            "kind", Choice(("websocket",)), "The protocol: http, websocket or grpc.", "websocket"
        ),
        Field(
            "ping_interval_seconds",
            Maybe(Number()),
            "How often an idle connection is pinged.",
            None,
            unit="seconds",
            example=20,
        ),
        Field(
            "ping_timeout_seconds",
            Maybe(Number()),
            "How long an answer to a ping may take before the connection is closed.",
            None,
            unit="seconds",
            example=20,
        ),
    ),
    drops_unknown=True,
)


_GRPC = Section(
    "transport",
    (Field("kind", Choice(("grpc",)), "The protocol: http, websocket or grpc.", "grpc"),),
    drops_unknown=True,
)


TRANSPORT = Variants("transport", "kind", {"http": _HTTP, "websocket": WEBSOCKET, "grpc": _GRPC})
EGRESS = Section(
    "egress_restrictions",
    (
        Field(
            "ip_allow_list",
            Maybe(ListOf(Text(address_rule, pattern=_ADDRESS_PATTERN))),
            "IPv4 addresses and ranges the model may reach; with both lists empty it reaches none.",
            None,
            example=["10.0.0.0/24"],
        ),
        Field(
            "fqdn_allow_list",
            Maybe(ListOf(Text(domain_rule, pattern=f"^{_DOMAIN_PATTERN}$"))),
            "Domain names the model may reach; `*` may stand anywhere in a label.",
            None,
            example=["*.example.com"],
        ),
    ),
)
