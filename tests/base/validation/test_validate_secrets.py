"""Secrets: what the code reads against what the config declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from truss_base.validation import Finding, validate

HEAD = "class Model:\n    def __init__(self, **kwargs):\n        "
UNUSED = "unused-secret: alpha"
TAIL = "\n    def predict(self, request):\n        return "

# How the model keeps its secrets, how it uses them, and what is said where `alpha` is declared.
CASES = [
    # Under every name they are kept by.
    ('self._secrets = kwargs["secrets"]', 'self._secrets["beta"]', [UNUSED, 'secret: "beta"']),
    ('self._secrets = kwargs.get("secrets") or {}', "self._secrets['beta']",
     [UNUSED, "secret: 'beta'"]),
    ('self._tokens = kwargs["secrets"]', 'self._tokens["beta"]', [UNUSED, 'secret: "beta"']),
    ('secrets = kwargs["secrets"]; self.s = secrets', 'self.s["beta"]', [UNUSED, 'secret: "beta"']),
    ("pass", 'self._secrets["beta"]', [UNUSED, 'secret: "beta"']),
    ('self.b = kwargs["secrets"]["beta"]', "self.b", [UNUSED, 'secret: "beta"']),
    # Declared.
    ('self._secrets = kwargs["secrets"]', 'self._secrets["alpha"]', []),
    ('self.a = kwargs["secrets"]["alpha"]', "self.a", []),
    # Asking is no failure, and reading all the same.
    ('self.s = kwargs["secrets"]', 'self.s.get("beta"), self.s.get("alpha")', []),
    ('self._secrets = kwargs["secrets"]', '"beta" in self._secrets, "alpha" in self._secrets', []),
    # Other mappings.
    ("self._secrets = load()", 'self._secrets["beta"], "alpha"', []),
    ('self.c = kwargs["config"]["secrets"]', 'self.c["beta"], "alpha"', []),
    ("import secrets", 'secrets.token_hex(), "alpha"', []),
    # What is declared and never spoken of.
    ("pass", "request", [UNUSED]),
    # Whatever may be read: nothing is sure.
    ('self._secrets = kwargs["secrets"]', "helper(self._secrets)", []),
    ('self._secrets = kwargs["secrets"]', "[self._secrets[n] for n in request]", []),
    ('self.secrets = dict(kwargs["secrets"])', "request", []),
]  # fmt: skip


def found(config: str, directory: Path, **files: str) -> list[str]:
    texts = {"model/model.py": files["model"], **{k: v for k, v in files.items() if "." in k}}
    for name, text in texts.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    findings = validate(config, directory)
    return [f"{f.code}: {texts.get(f.path or '', config)[f.start : f.end]}" for f in findings]


@pytest.mark.parametrize(("kept", "used", "expected"), CASES)
def test_secrets_are_followed_within_the_model(
    kept: str, used: str, expected: list[str], tmp_path: Path
) -> None:
    config = "secrets: {alpha: null}\n"
    assert found(config, tmp_path, model=f"{HEAD}{kept}{TAIL}{used}\n") == expected


MODEL = f"{HEAD}pass{TAIL}request\n"


@pytest.mark.parametrize(
    "config",
    [
        "secrets: {tok: null}\nbuild_commands: ['curl -H $(cat /secrets/tok) x']\n",
        "secrets: {hf_access_token: null}\nweights:\n- {source: 'hf://a/b', mount_location: /a}\n",
        "secrets: {tok: null}\nbuild: {secret_to_path_mapping: {tok: /a}}\n",
    ],
)
def test_a_secret_the_config_speaks_of_is_used(config: str, tmp_path: Path) -> None:
    assert found(config, tmp_path, model=MODEL) == []


def test_a_secret_another_file_speaks_of_is_used(tmp_path: Path) -> None:
    helper = {"packages/helper.py": "def token(secrets):\n    return secrets['tok']\n"}
    assert found("secrets: {tok: null}\n", tmp_path, model=MODEL, **helper) == []


def test_a_comment_in_the_model_hides_what_is_found_there(tmp_path: Path) -> None:
    line = 'self._secrets["beta"]  # truss: ignore[secret]'
    assert found("model_name: x\n", tmp_path, model=f"{HEAD}pass{TAIL}{line}\n") == []


@pytest.mark.parametrize(
    ("config", "declared"),
    [
        ("", "secrets:\n  beta: null\n"),
        ("model_name: x", "model_name: x\nsecrets:\n  beta: null\n"),
        ("secrets:  # why\nmodel_name: x\n", "secrets:  # why\n  beta: null\nmodel_name: x\n"),
        ("secrets: {}\n", "secrets: {beta: null}\n"),
        ("secrets:\n    alpha: null\n", "secrets:\n    alpha: null\n    beta: null\n"),
        (
            "resources:\n    cpu: '1'\n",
            "resources:\n    cpu: '1'\nsecrets:\n    beta: null\n",
        ),
    ],
)
def test_a_secret_is_declared_as_the_file_is_written(
    config: str, declared: str, tmp_path: Path
) -> None:
    (finding,) = reading_beta(config, tmp_path)
    (fix,) = finding.fixes
    ((start, end, new),) = [(edit.start, edit.end, edit.replacement) for edit in fix.edits]
    assert config[:start] + new + config[end:] == declared


@pytest.mark.parametrize("config", ["mod", "- a\n", "3\n", "secrets: [a]\n", "secrets: text\n"])
def test_what_is_no_mapping_is_not_added_to(config: str, tmp_path: Path) -> None:
    """While the first key is typed, the whole config is one word."""
    assert not [finding for finding in reading_beta(config, tmp_path) if finding.fixes]


def reading_beta(config: str, directory: Path) -> list[Finding]:
    """What is said about the secret of a model that reads `beta`, and `alpha` where there is it."""
    reads = 'self._secrets.get("alpha"), self._secrets["beta"]'
    (directory / "model").mkdir()
    (directory / "model" / "model.py").write_text(f"{HEAD}pass{TAIL}{reads}\n")
    return [one for one in validate(config, directory) if one.code == "secret"]
