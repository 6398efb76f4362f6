"""Secrets: declared names only, looked up in three places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inference_process import serving, write_truss

from control_truss_inference.exceptions import SecretNotFound
from control_truss_inference.secrets import Secrets

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "both").write_text("file\n")
    (tmp_path / "undeclared").write_text("hidden")
    monkeypatch.setenv("TRUSS_SECRET_both", "environment")
    monkeypatch.setenv("TRUSS_SECRET_variable", "environment")
    monkeypatch.setenv("TRUSS_SECRET_undeclared", "hidden")
    return tmp_path


DECLARED = {"both": "config", "variable": "config", "config": "config", "empty": None, "a/b": "x"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("both", "file"), ("variable", "environment"), ("config", "config"), ("a/b", "x")],
)
def test_where_a_secret_comes_from(name: str, value: str, directory: Path) -> None:
    secrets = Secrets(DECLARED, directory)
    assert secrets[name] == value
    assert secrets.get(name) == value


WITHOUT_VALUE = (
    "^the secret `empty` has no value: set TRUSS_SECRET_empty, or put it into "
    "~/.truss/config.yaml under `secrets`, then run `control-truss up` again$"
)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("undeclared", "add `undeclared: null` under `secrets:` in config.yaml"),
        ("empty", WITHOUT_VALUE),
    ],
)
def test_a_secret_that_is_not_there(name: str, message: str, directory: Path) -> None:
    secrets = Secrets(DECLARED, directory)
    with pytest.raises(SecretNotFound, match=message):
        secrets[name]
    assert secrets.get(name, "default") == "default"
    assert name not in secrets


def test_secrets_cannot_be_listed(directory: Path) -> None:
    secrets = Secrets(DECLARED, directory)
    with pytest.raises(TypeError, match="cannot be listed"):
        dict(secrets)
    assert "config'" not in repr(secrets)


def test_a_secret_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    model = """
        class Model:
            def __init__(self, secrets):
                self.secrets = secrets
            def predict(self, name):
                return self.secrets[name]
        """
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (mounted / "key").write_text("first")
    truss = write_truss(tmp_path, model, secrets={"key": None})
    with serving(truss, secrets_dir=str(mounted)) as server:
        assert server.predict("key").json() == "first"
        (mounted / "key").write_text("rotated")
        assert server.predict("key").json() == "rotated"
        assert server.predict("other").status_code == 500
        error = server.event("predict_error")["error"]
        assert error["type"] == "SecretNotFound"
        assert "rotated" not in server.process.output
