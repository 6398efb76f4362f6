"""Values to try: those a kind takes, those at its bounds, and those it should refuse."""

from __future__ import annotations

from typing import Any

from truss_base.config.definitions.accelerator import ACCELERATORS
from truss_base.config.definitions.quantities import MEMORY_UNITS
from truss_base.config.definitions.root_rules import LEGACY_OPENAI_TAG, OPENAI_TAG
from truss_base.config.definitions.weights import SCHEMES
from truss_base.config.faults import Fault
from truss_base.config.field import Field
from truss_base.config.kinds import INVALID, Kind

# Texts at which rules of form turn: for every rule there are some it takes and some it refuses.
TEXTS: tuple[str, ...] = (
    "", " ", "a", "ab", "A", "/", "/a", "/a/b", "//a", "a/b", "a/b/c", "./a", "../a", "/a/../b",
    "/a/", "*.bin", "a\\b", "a b", " a", "a\n", "ä", "漢字", "👍", "a:b", "a.b", ".", "..", "-",
    "_", "a--b", "a..b", "a.git", "org/model.git", "org/model", "org/model@main", "x" * 97,
    "x" * 254, "0", "1", "01", "-1", "1.5", "1e3", "nan", "inf", "1_000", "5.0", " 5 ", "0x10",
    "٣", "true", "false", "yes", "no", "on", "off", "y", "n", "t", "True", "YES", "null", "~",
    "500m", "m", "1.2.3m", "2 m", "500M", "2GB", "2gi", "Gi", "1.5Gi", "1.2.3Gi", "-1Gi",
    "2 Gi", *(f"2{unit}" for unit in MEMORY_UNITS), "1.2", "1.2.3", "0.9.0rc1", "v1.2", "1.2-",
    "latest", "1!2.0+local.1", "10.0.0.1", "10.0.0.0/24", "10.0.0.1/24", "10.0.0.0/33",
    "256.1.1.1", "::1", "fe80::/10", "1.2.3", "0", "010.0.0.1", "10.0.0.0/255.255.255.0",
    "example.com", "*.example.com", "a*.example.com", "-a.com", "a-.com", "a..com", ".com",
    "com.", "example.com/x", "https://example.com", f"{'a' * 64}.com", "exa_mple.com",
    *(f"{scheme}://{place}" for scheme in SCHEMES for place in ("", "b", "b/p", "b/p@r", "/p")),
    "ftp://a/b", "HF://a/b", "hf:a/b", "hf:/a", "://a", "bdn:a/b", "bdn:a/b:tag",
    "bdn:a/b@" + "0" * 11, "bdn:a/b@" + "0" * 12, "bdn:a/b@" + "F" * 64,
    "bdn:a/b@b3:" + "a" * 12, "bdn:a/b@" + "a" * 65, "bdn:a", "bdn:a/b/c", "bdn:a/../b",
    "bdn:/b", "bdn:a/b:", "bdn:a/b:t@0", "bdn:" + "n" * 257 + "/b", *ACCELERATORS,
    *(f"{name}:2" for name in ACCELERATORS), "A100:0", "A100:-1", "A100:x", "a100", "A100:",
    "A100:2:3", ":2", " A100 ", "A100: 2", "A100:١", "A100:2.0", "A100:1_0", "py38", "py39",
    "py311", "py314", "py315", "3.11", "PY311", "http", "grpc", "v1", "v2", "v3", "hf", "HF",
    "gcs", "aws_oidc", "AWS_OIDC", "Custom_Secret", "decoder", "encoder", "encoder_bert",
    "llama", "whisper", "fp8", "fp4", "LOOKAHEAD_DECODING",
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, 1, 2, 3, 5, 7, 8, 63, 64, 65, 66, 100, 128, 1000, 1024, 2048, 2049, 8080, 16384, 16385,
    60000, 65535, 131072, 131073, 1048576, 1048577, 2**31, 2**63, 10**20, -1, -2, 0.0, 0.5, 0.9,
    1.0, 1.5, 2.0, 64.0, -0.0, 1e3, 1e300, float("inf"), float("nan"),
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, False, [], {}, [None], [1], ["a"], ["a", "a"], [[]], [{}], {"a": 1}, {"a": None},
    {"a": {}}, {"kind": "http"}, {"enabled": True}, {"accelerator": "A100", "count": 2},
    {"accelerator": "A100", "count": 0}, {"accelerator": None}, {"count": "2"}, {"count": -1},
    [OPENAI_TAG], [OPENAI_TAG, LEGACY_OPENAI_TAG], [LEGACY_OPENAI_TAG],
)  # fmt: skip
ALL = (*TEXTS, *NUMBERS, *OTHERS)


def sound_values(field: Field, kind: Kind) -> tuple[Any, ...]:
    """What a kind within a field takes: its examples, bounds, and of all the values to try."""
    # By identity: a kind may hold what has no hash, and lives as long as the definitions.
    known = _SOUND.get(id(kind))
    if known is None:
        own = (*kind.choices, *_bounds(kind), field.example, field.default)
        known = tuple(value for value in (*own, *ALL) if _takes(field, kind, value))
        _SOUND[id(kind)] = known
    return known


_SOUND: dict[int, tuple[Any, ...]] = {}


def _bounds(kind: Kind) -> tuple[Any, ...]:
    limits = (getattr(kind, name, None) for name in ("least", "most", "above"))
    known = [limit for limit in limits if limit is not None]
    return tuple(value for limit in known for value in (limit, limit + 1, limit - 1, str(limit)))


def _takes(field: Field, kind: Kind, value: Any) -> bool:
    faults: list[Fault] = []
    return kind.check(value, (field.name,), faults.append) is not INVALID and not faults
