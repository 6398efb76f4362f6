"""Instances are named by resolved directories, and records are whole or absent."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from truss_handle.registry import Registry, create_token, instance_id
from truss_handle.settings import Settings
from truss_handle.values import Running


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(Settings(home=tmp_path / "home", cache=tmp_path / "cache"))


def record(truss_dir: Path, runtime: str = "local", started_at: float = 1.0) -> Running:
    name = instance_id(truss_dir, runtime)
    return Running(name, truss_dir, runtime, "http://127.0.0.1:1", None, started_at, False, {})


def test_one_directory_has_one_name_whatever_its_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truss = tmp_path / "project" / "iris"
    truss.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(truss)
    monkeypatch.chdir(truss)
    spellings = [truss, Path(), Path("../iris"), link, tmp_path / "project" / "." / "iris"]
    assert len({instance_id(path, "local") for path in spellings}) == 1


def test_the_same_relative_path_in_two_places_gives_two_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = set()
    for project in ("a", "b"):
        (tmp_path / project / "iris").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / project)
        names.add(instance_id(Path("iris"), "local"))
    assert len(names) == 2


def test_each_runtime_has_an_instance_of_its_own(tmp_path: Path) -> None:
    assert instance_id(tmp_path, "local") != instance_id(tmp_path, "docker")


@pytest.mark.parametrize("name", ["Größe und Maß", "...", "a" * 300, "--help"])
def test_any_folder_name_gives_a_plain_file_name(tmp_path: Path, name: str) -> None:
    given = instance_id(tmp_path / name, "local")
    assert given.isascii()
    assert len(given) < 80
    assert not given.startswith(("-", "."))


def test_a_record_comes_back_as_it_was(registry: Registry, tmp_path: Path) -> None:
    running = record(tmp_path)
    registry.create(running.id)
    registry.save(running)
    assert registry.load(running.id) == running
    assert registry.find(tmp_path) == running


def test_of_two_runtimes_the_one_started_last_is_found(registry: Registry, tmp_path: Path) -> None:
    for running in (record(tmp_path, "docker", 2.0), record(tmp_path, "local", 1.0)):
        registry.create(running.id)
        registry.save(running)
    found = registry.find(tmp_path)
    assert found is not None
    assert found.runtime == "docker"
    only = registry.find(tmp_path, "local")
    assert only is not None
    assert only.runtime == "local"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": 1}', "\x00"])
def test_a_broken_record_is_no_record(registry: Registry, tmp_path: Path, content: str) -> None:
    name = instance_id(tmp_path, "local")
    (registry.create(name) / "instance.json").write_text(content)
    assert registry.find(tmp_path) is None
    assert registry.folders() == [name]


def test_a_token_is_for_its_owner_only(registry: Registry, tmp_path: Path) -> None:
    name = instance_id(tmp_path, "local")
    directory = registry.create(name)
    token = directory / "token"
    create_token(token)
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    first = token.read_text()
    assert len(first) == 64
    create_token(token)
    assert token.read_text() != first


def test_a_removed_instance_leaves_nothing(registry: Registry, tmp_path: Path) -> None:
    running = record(tmp_path)
    directory = registry.create(running.id)
    registry.save(running)
    registry.remove(running.id)
    assert not directory.exists()
    assert registry.all() == []
