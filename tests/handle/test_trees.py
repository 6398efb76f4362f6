"""What a process knows of the files on disk: kept in memory and in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from truss_base.hash import truss_hash
from truss_base.signature import Signature
from truss_base.stat_cache import StatCache
from truss_handle import trees, watching
from truss_handle.settings import Settings
from truss_handle.trees import KnownTree, local_hash, tree_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache")


def test_named_files_are_all_that_is_looked_at(
    make_truss: Callable[..., Path], settings: Settings
) -> None:
    truss = make_truss(files={"packages/a.py": "1", "packages/b.py": "1"})
    known = tree_of(settings, truss)
    before = known.snapshot()
    (truss / "packages/a.py").write_text("2")
    (truss / "packages/b.py").write_text("2")
    named = known.snapshot(["packages/a.py"])
    assert named.entries["packages/a.py"] != before.entries["packages/a.py"]
    assert named.entries["packages/b.py"] == before.entries["packages/b.py"]
    assert known.snapshot().signature == Signature.of(truss)


def test_a_word_about_changes_is_not_taken_long_after_a_look(
    make_truss: Callable[..., Path], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    truss = make_truss(files={"packages/a.py": "1", "packages/b.py": "1"})
    known = tree_of(settings, truss)
    known.snapshot()
    monkeypatch.setattr(trees, "HINT_SECONDS", 0.0)
    (truss / "packages/b.py").write_text("2")
    assert known.snapshot(["packages/a.py"]).signature == Signature.of(truss)


@pytest.mark.parametrize(
    ("changed", "is_at_hand"),
    [
        (["packages/a.py"], True),
        (["packages/new.py"], False),
        (["packages"] * 3, False),
        (["config.yaml"], False),
        ([".truss_ignore"], False),  # what was ignored may be large
        (None, False),
    ],
)
def test_only_what_takes_moments_is_at_hand(
    changed: list[str] | None,
    is_at_hand: bool,
    make_truss: Callable[..., Path],
    settings: Settings,
) -> None:
    files = {"packages/a.py": "1", ".truss_ignore": "weights/\n", "weights/w": "1"}
    known = tree_of(settings, make_truss(files=files))
    assert not known.is_at_hand(changed)
    known.snapshot()
    assert known.is_at_hand(changed) is is_at_hand


def test_one_tree_per_directory_and_few_in_memory(
    make_truss: Callable[..., Path], settings: Settings
) -> None:
    truss = make_truss()
    assert tree_of(settings, truss) is tree_of(settings, truss)
    for number in range(20):
        tree_of(settings, truss / str(number))
    assert trees._tree_of.cache_info().currsize <= 8


def test_what_was_read_is_known_to_the_next_process(
    make_truss: Callable[..., Path], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "_WORTH_STORING", 0)
    truss = make_truss()
    store = settings.trees / "one.stat"
    signed = KnownTree(truss, store).snapshot().signature
    assert StatCache.from_bytes(store.read_bytes()).to_bytes() == store.read_bytes()
    assert store.stat().st_mode & 0o077 == 0
    assert KnownTree(truss, store).snapshot().signature == signed
    store.write_bytes(b"damaged")
    assert KnownTree(truss, store).snapshot().signature == signed


def test_a_cache_that_cannot_be_written_is_done_without(
    make_truss: Callable[..., Path], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "_WORTH_STORING", 0)
    truss = make_truss()
    settings.cache.mkdir(parents=True)
    (settings.cache / "trees").write_text("in the way")
    assert tree_of(settings, truss).snapshot().hash == truss_hash(truss)


def test_the_hash_of_a_config_that_is_being_typed(
    make_truss: Callable[..., Path], settings: Settings
) -> None:
    truss = make_truss(base="requirements_file: [unfinished")
    assert local_hash(settings, truss) == truss_hash(truss)


def test_a_look_tells_which_files_changed(
    make_truss: Callable[..., Path], settings: Settings
) -> None:
    truss = make_truss(files={"packages/a.py": "1", "packages/b.py": "1"})
    before = watching.Look.at(settings, truss)
    (truss / "packages/a.py").write_text("2")
    (truss / "packages/b.py").unlink()
    (truss / "packages/c.py").write_text("1")
    found = watching.Look.at(settings, truss).changed_since(before)
    assert found is not None
    assert sorted(found) == ["packages/a.py", "packages/b.py", "packages/c.py"]
    (truss / "config.yaml").unlink()
    gone = watching.Look.at(settings, truss)
    assert gone.changed_since(before) is None
    assert "config.yaml is missing" in gone.complaint


async def test_a_watch_names_what_was_saved_once_it_rests(
    make_truss: Callable[..., Path], settings: Settings
) -> None:
    truss = make_truss()
    watch = watching.changes(settings, truss, watching.Look.at(settings, truss), interval=0.01)
    (truss / "model/model.py").write_text("class Model: ...\n")
    assert await anext(watch) == ["model/model.py"]
    (truss / "model/more.py").write_text("")
    assert await anext(watch) == ["model/more.py"]
    await watch.aclose()  # type: ignore[attr-defined]  # an async generator, declared as iterator
