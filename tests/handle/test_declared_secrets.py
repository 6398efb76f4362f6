"""Only declared secrets travel, and their values never show."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from truss_handle.exceptions import InputInvalid
from truss_handle.model_secrets import stored_values, values_for, without_secrets, write_secrets


def test_the_environment_wins_over_the_file_and_nothing_undeclared_comes_along() -> None:
    environ = {"TRUSS_SECRET_a": "from env", "TRUSS_SECRET_other": "x", "b": "not this"}
    stored = {"a": "from file", "b": "from file", "c": None, "undeclared": "x"}
    assert values_for(["a", "b", "c", "d"], environ, stored) == {"a": "from env", "b": "from file"}


@pytest.mark.parametrize("name", ["../token", "a/b", "", ".hidden", "a\0"])
def test_a_name_that_would_leave_the_folder_is_refused(name: str) -> None:
    with pytest.raises(InputInvalid, match="secret name"):
        values_for([name], {}, {})


def test_values_are_files_for_their_owner_only(tmp_path: Path) -> None:
    write_secrets(tmp_path / "secrets", {"token": "s3cret"})
    file = tmp_path / "secrets" / "token"
    assert file.read_text() == "s3cret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("text", "values"),
    [("", {}), ("secrets:\n  a: b\n", {"a": "b"}), ("secrets: none", {}), ("- a", {})],
)
def test_the_users_file(tmp_path: Path, text: str, values: dict[str, str]) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert stored_values(tmp_path / "config.yaml") == values


def test_no_file_is_no_secrets(tmp_path: Path) -> None:
    assert stored_values(tmp_path / "config.yaml") == {}


def test_a_broken_file_is_named_without_a_word_of_its_content(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("secrets:\n  a: s3cret: [\n")
    with pytest.raises(InputInvalid) as caught:
        stored_values(file)
    assert str(file) in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_servers_inherit_no_secrets() -> None:
    assert without_secrets({"TRUSS_SECRET_a": "x", "PATH": "/bin"}) == {"PATH": "/bin"}
