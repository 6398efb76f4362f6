"""Rules over several keys of a section, as far as JSON Schema can say them.

By the name of the section's definition. Each only ever refuses what a rule of the definitions
refuses; the rest (GPU counts, unique paths, ...) is left to `truss_base.validation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.config.definitions.auth import AWS_ASSUME_ROLE, AWS_OIDC, GCP_OIDC
from truss_base.config.definitions.root_rules import NO_FP4, NO_FP8, TOO_OLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Schema = dict[str, Any]

_FILLED: Schema = {"type": "string", "minLength": 1}
_SOME: Schema = {"type": "array", "minItems": 1}
_EMPTY: Schema = {"maxLength": 0, "maxItems": 0}
_UNSET: Schema = {"enum": [False, None, 0, ""]}


def conditions(name: str) -> list[Schema]:
    """The conditions of the section whose definition has that name; "" for the root."""
    return _CONDITIONS.get(name, [])


def _having(**properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}


def _when(condition: Schema, then: Schema) -> Schema:
    # The type matters: to `required` and `properties`, null is as good as any object.
    return {"if": {"type": "object", **condition}, "then": then}


def _excluding(key: str, present: Schema, *others: str) -> Schema:
    """With `key` in use, the others have to be empty."""
    return _when(_having(**{key: present}), {"properties": dict.fromkeys(others, _EMPTY)})


def _methods(secret: str, needed: Mapping[str, tuple[str, ...]]) -> list[Schema]:
    """Each way to authenticate needs its own keys, and forbids those of the others."""
    every = (secret, *AWS_OIDC, *GCP_OIDC, *AWS_ASSUME_ROLE)
    return [
        _when(
            _having(auth_method={"enum": [method, method.lower()]}),
            {
                "required": list(names),
                "properties": {
                    name: _FILLED if name in names else _EMPTY for name in (*names, *every)
                },
            },
        )
        for method, names in needed.items()
    ]


_CLOUD = {"AWS_OIDC": AWS_OIDC, "GCP_OIDC": GCP_OIDC, "AWS_ASSUME_ROLE": AWS_ASSUME_ROLE}
_VOLUME = {"use_volume": {"const": True}}
_CACHED = [
    _when(_having(**_VOLUME), _having(volume_folder=_FILLED)),
    _when(
        {"required": ["use_volume"], "properties": {**_VOLUME, "kind": {"const": "hf"}}},
        _having(revision=_FILLED),
    ),
]
_CALIBRATION = {"minimum": 64, "maximum": 16384, "multipleOf": 64}
_LOOKAHEAD = {"type": "integer", "minimum": 1}


def _without_gpus(gpus: Iterable[str], build: Schema) -> Schema:
    """Where `trt_llm` has such a build, these GPUs are out."""
    forbidden = {"type": "string", "pattern": rf"^\s*(?:{'|'.join(gpus)})(?::|\s*$)"}
    return _when(
        _having(trt_llm=_having(build=build)),
        {"properties": {"resources": {"properties": {"accelerator": {"not": forbidden}}}}},
    )


_CONDITIONS: dict[str, list[Schema]] = {
    "": [
        _excluding("requirements_file", _FILLED, "requirements"),
        _excluding("weights", _SOME, "model_cache", "hf_cache"),
        _without_gpus(TOO_OLD, {"properties": {"base_model": {"not": {"const": "encoder_bert"}}}}),
        _without_gpus(
            [gpu for gpu in NO_FP8 if gpu not in TOO_OLD],
            _having(quantization_type={"pattern": "^fp[48]"}),
        ),
        _without_gpus(NO_FP4, _having(quantization_type={"pattern": "^fp4"})),
        _when(
            _having(runtime=_having(remote_ssh=_having(enabled={"const": True}))),
            {"properties": {"docker_server": {"properties": {"run_as_user_id": {"type": "null"}}}}},
        ),
    ],
    "runtime": [
        # Null is only taken where the transport follows from the older key.
        _when(
            {"properties": {"is_websocket_endpoint": _UNSET}},
            {"properties": {"transport": {"type": "object"}}},
        )
    ],
    "docker_server": [
        _when(
            {"properties": {"no_build": _UNSET}},
            _having(start_command={"type": "string"}),
        ),
        {"properties": {"run_as_user_id": {"not": {"enum": [0, 60000]}}}},
    ],
    "base_image.docker_auth": _methods(
        "secret_name", {"GCP_SERVICE_ACCOUNT_JSON": ("secret_name",), **_CLOUD}
    ),
    "model_cache": _CACHED,
    "cache_internal": _CACHED,
    "weights": [
        _when(
            _having(auth=_having(auth_secret_name=_FILLED)),
            {"properties": {"auth_secret_name": _EMPTY}},
        )
    ],
    "weights.auth": _methods(
        "auth_secret_name", {"CUSTOM_SECRET": ("auth_secret_name",), **_CLOUD}
    ),
    "training_checkpoints": [
        _excluding("loops_checkpoint_ids", _SOME, "artifact_references"),
    ],
    "trt_llm": [
        {"properties": {"build": _having(checkpoint_repository={"type": "object"})}},
    ],
    "trt_llm.v2": [
        {
            "properties": {
                "build": _when(
                    {"properties": {"skip_build_result": _UNSET}},
                    _having(checkpoint_repository={"type": "object"}),
                )
            }
        },
    ],
    "trt_llm.build.checkpoint_repository": [
        _when(
            _having(source={"const": "HF"}),
            {"properties": {"repo": {"pattern": r"^(?:[\w.-]{1,96}/)?[\w.-]{1,96}$"}}},
        )
    ],
    "trt_llm.build.quantization_config": [
        {"properties": dict.fromkeys(("calib_size", "calib_max_seq_length"), _CALIBRATION)}
    ],
    "trt_llm.build.speculator": [
        # The mode that is the default is no longer supported.
        _having(
            speculative_decoding_mode={"const": "LOOKAHEAD_DECODING"},
            lookahead_windows_size=_LOOKAHEAD,
            lookahead_ngram_size=_LOOKAHEAD,
            lookahead_verification_set_size=_LOOKAHEAD,
        )
    ],
}
