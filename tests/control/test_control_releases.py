"""Releases on disk: staged, trusted, recovered, collected."""

from __future__ import annotations

import itertools
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from control.plane.exceptions import ForeignChange, HashMismatch, StateError, UnsafePath
from control.plane.releases.content import Content, Kept, Linked, Written
from control.plane.releases.directory import open_directory, remove_tree
from control.plane.releases.store import ReleaseStore
from control.plane.releases.syncing import sync_recent
from truss_base.hash import tree_hash, truss_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from control.plane.releases.release import Release


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[], ReleaseStore]]:
    """Opens the state folder as a new process would: the one before has let go of it."""
    opened: list[ReleaseStore] = []

    def reopen() -> ReleaseStore:
        while opened:
            opened.pop().close()
        opened.append(ReleaseStore(tmp_path / "state"))
        return opened[0]

    yield reopen
    opened[0].close()


@pytest.fixture
def store(open_store: Callable[[], ReleaseStore]) -> ReleaseStore:
    return open_store()


@pytest.fixture
def first(store: ReleaseStore, tmp_path: Path) -> Release:
    truss = tmp_path / "truss"
    (truss / "model").mkdir(parents=True)
    (truss / "config.yaml").write_text("environment_variables: {A: b}\nsecrets: {key: null}\n")
    (truss / "model/model.py").write_text("class Model: ...\n")
    (truss / "model/run.sh").write_text("#!/bin/sh\n")
    (truss / "model/run.sh").chmod(0o755)
    (truss / "latest").symlink_to("model/model.py")
    (truss / "empty").mkdir()
    assert store.recover() is None
    return store.import_truss(truss, external_packages=False)


def kept(release: Release) -> dict[str, Content]:
    return {path: Kept(record) for path, record in release.manifest.items()}


def promised(contents: dict[str, Content]) -> str:
    return tree_hash({path: content.digest for path, content in contents.items()})


def stage(store: ReleaseStore, base: Release, **new: bytes) -> Release:
    contents = {**kept(base), **{name: Written(data, False) for name, data in new.items()}}
    return store.stage(base, contents, promised(contents))


def test_the_first_release_is_a_copy_of_the_truss(first: Release, tmp_path: Path) -> None:
    assert first.hash == truss_hash(tmp_path / "truss") == truss_hash(first.tree)
    assert first.environment == {"A": "b"}
    assert first.secrets == ["key"]
    assert (first.tree / "latest").readlink().as_posix() == "model/model.py"
    assert os.access(first.tree / "model/run.sh", os.X_OK)
    assert not (first.tree / "empty").exists(), "empty folders are no part of a Truss"
    original = (tmp_path / "truss/model/model.py").stat()
    assert (first.tree / "model/model.py").stat().st_ino != original.st_ino
    assert json.loads(first.config_file.read_bytes())["python_version"]


def test_unchanged_files_are_shared_and_changed_ones_are_not(
    store: ReleaseStore, first: Release
) -> None:
    second = stage(store, first, **{"model/model.py": b"class Model: pass\n"})
    assert second.hash == truss_hash(second.tree)
    for path in ("config.yaml", "model/run.sh"):
        assert (second.tree / path).stat().st_ino == (first.tree / path).stat().st_ino
    assert (first.tree / "model/model.py").read_text() == "class Model: ...\n"
    assert store.live.id == first.id, "staging makes nothing live"


def test_a_promise_that_is_not_kept_is_found_before_anything_is_written(
    store: ReleaseStore, first: Release
) -> None:
    with pytest.raises(HashMismatch):
        store.stage(first, kept(first), "0" * 64)
    assert [root.name for root in first.root.parent.iterdir()] == [first.id]


@pytest.mark.parametrize("what", ["rewritten", "appended", "deleted", "replaced by a link"])
def test_a_model_that_changes_its_own_files(store: ReleaseStore, first: Release, what: str) -> None:
    path = first.tree / "model/model.py"
    if what == "rewritten":
        path.write_text("class Modem: ...\n")
    elif what == "appended":
        path.write_text(path.read_text() + "#")
    else:
        path.unlink()
        if what != "deleted":
            path.symlink_to("/etc/passwd")
    with pytest.raises(ForeignChange, match=r"model/model\.py"):
        stage(store, first, **{"extra.txt": b"x"})
    assert [root.name for root in first.root.parent.iterdir()] == [first.id]
    # The file that was changed can be sent anew: then nothing of it is needed.
    assert stage(store, first, **{"model/model.py": b"new"}).hash


def test_a_file_that_was_only_touched_is_read_again(store: ReleaseStore, first: Release) -> None:
    os.utime(first.tree / "model/model.py", (1, 1))
    second = stage(store, first, **{"extra.txt": b"x"})
    third = stage(store, second, **{"extra.txt": b"y"})
    assert truss_hash(third.tree) == third.hash


def test_a_model_that_moves_its_folder_away(store: ReleaseStore, first: Release) -> None:
    (first.tree / "model").rename(first.tree / "moved")
    (first.tree / "model").symlink_to("moved")
    with pytest.raises(UnsafePath):
        stage(store, first, **{"extra.txt": b"x"})


def test_links_are_staged_as_links(store: ReleaseStore, first: Release) -> None:
    contents = {**kept(first), "data/link": Linked("../model")}
    release = store.stage(first, contents, promised(contents))
    assert (release.tree / "data/link").readlink().as_posix() == "../model"
    assert truss_hash(release.tree) == release.hash


def test_commit_makes_it_live_for_the_next_process(
    open_store: Callable[[], ReleaseStore], store: ReleaseStore, first: Release
) -> None:
    second = stage(store, first, **{"extra.txt": b"x"})
    store.settle(second)
    store.commit(second)
    store.keep_commit(second, dict)
    again = open_store()
    assert again.recover() == second
    assert again.live.hash == truss_hash(second.tree)


def test_recovery_removes_what_was_never_live(
    open_store: Callable[[], ReleaseStore], store: ReleaseStore, first: Release, tmp_path: Path
) -> None:
    abandoned = stage(store, first, **{"extra.txt": b"x"})
    (tmp_path / "state/current.abandoned").symlink_to(abandoned.root)
    with (tmp_path / "state/journal.jsonl").open("ab") as journal:
        journal.write(b'{"event": "commit", "release": "cut sho')
    again = open_store()
    assert again.recover() == first
    assert not abandoned.root.exists()
    assert not (tmp_path / "state/current.abandoned").is_symlink()
    assert [event["event"] for event in again.journal.events][-2:] == ["begin", "abort"]


def test_a_model_that_makes_and_removes_files_while_it_loads(
    store: ReleaseStore, first: Release
) -> None:
    staged = stage(store, first, **{f"data{number}": b"" for number in range(100)})
    settled = threading.Event()

    def load() -> None:
        for number in itertools.cycle(range(20)):
            (staged.tree / f"part{number}").touch()
            (staged.tree / f"part{(7 * number) % 20}").unlink(missing_ok=True)
            if settled.is_set():
                return

    with ThreadPoolExecutor(1) as thread:
        loading = thread.submit(load)
        try:
            for _ in range(10):
                store.settle(staged)
                sync_recent(staged.tree, 0.0)
        finally:
            settled.set()
        loading.result()


def test_three_releases_are_kept_and_those_in_use(store: ReleaseStore, first: Release) -> None:
    releases = [first]
    for number in range(5):
        releases.append(stage(store, releases[-1], **{"extra.txt": b"%d" % number}))
        store.commit(releases[-1])
        store.keep_commit(releases[-1], dict)
    store.collect(in_use={first.id})
    left = sorted(root.name for root in first.root.parent.iterdir())
    assert left == sorted(release.id for release in [first, *releases[-3:]])


def test_a_folder_the_model_made_read_only_is_collected(tmp_path: Path) -> None:
    folder = tmp_path / "release/tree/locked"
    folder.mkdir(parents=True)
    (folder / "file").write_text("x")
    folder.chmod(0o500)
    remove_tree(tmp_path / "release")
    assert not (tmp_path / "release").exists()


def test_current_that_names_nothing_is_told(store: ReleaseStore, first: Release) -> None:
    (first.root / "release.json").unlink()
    with pytest.raises(StateError, match="not complete"):
        store.recover()


@pytest.mark.parametrize("name", ["link", "file"])
def test_no_write_goes_through_a_link_or_a_file(tmp_path: Path, name: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside)
    (root / "file").write_text("x")
    with open_directory(root) as directory, pytest.raises(UnsafePath):  # noqa: SIM117
        with directory.below([name, "deeper"], create=True):
            pytest.fail("went through")
    with open_directory(root) as directory, pytest.raises(FileExistsError):
        directory.write(name, b"x")
    assert list(outside.iterdir()) == []
