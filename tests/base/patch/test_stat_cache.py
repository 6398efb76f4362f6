"""A scan with a cache reads what has changed, and finds whatever has changed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from truss_base import reading, stat_cache
from truss_base.stat_cache import StatCache, is_settled, stamp_of
from truss_base.tree import scan

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[..., Path]

LONG_AGO = 1_600_000_000_123_456_789


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths whose contents are read; nothing else about reading is changed."""
    read: list[str] = []
    really = reading.read

    def noted(path: str, location: str) -> object:
        read.append(path)
        return really(path, location)

    monkeypatch.setattr(reading, "read", noted)
    return read


@pytest.fixture
def old_truss(write: Write, truss: Path) -> Path:
    """A Truss whose files were saved a while ago."""
    write({"packages/a.py": "a = 1\n", "data/b.bin": b"\0" * 9})
    rest(truss)
    return truss


def rest(root: Path) -> None:
    """Waits until the system's clock tells the last save from the next one."""
    newest = max(path.lstat().st_ctime_ns for path in root.rglob("*"))
    while time.time_ns() < newest + 2 * stat_cache._FINE_TICK:
        time.sleep(0.005)


def digests(root: Path, cache: StatCache | None = None) -> dict[str, str]:
    return {entry.path: entry.digest for entry in scan(root, cache=cache)}


def test_what_is_known_is_not_read_again(old_truss: Path, read_files: list[str]) -> None:
    cache = StatCache()
    first = scan(old_truss, cache=cache)
    assert len(read_files) == len(first)
    read_files.clear()
    assert scan(old_truss, cache=cache) == first
    assert read_files == []


def same_size(root: Path) -> None:
    (root / "packages/a.py").write_text("a = 2\n")


def same_size_and_time(root: Path) -> None:
    file = root / "packages/a.py"
    state = file.stat()
    file.write_text("a = 2\n")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def replaced_by_rename(root: Path) -> None:
    state = (root / "packages/a.py").stat()
    new = root / "packages/a.py.new"
    new.write_text("a = 2\n")
    os.utime(new, ns=(state.st_atime_ns, state.st_mtime_ns))
    new.replace(root / "packages/a.py")


def swapped_folders(root: Path) -> None:
    (root / "other").mkdir()
    (root / "other/a.py").write_text("a = 2\n")
    (root / "packages").rename(root / "away")
    (root / "other").rename(root / "packages")


def file_becomes_link(root: Path) -> None:
    (root / "packages/a.py").unlink()
    (root / "packages/a.py").symlink_to("b.py")


def file_becomes_folder(root: Path) -> None:
    (root / "packages/a.py").unlink()
    (root / "packages/a.py").mkdir()
    (root / "packages/a.py/c.py").write_text("")


def deleted(root: Path) -> None:
    (root / "packages/a.py").unlink()


def made_executable(root: Path) -> None:
    (root / "packages/a.py").chmod(0o755)


def ignored(root: Path) -> None:
    (root / ".truss_ignore").write_text("packages/\n")


def other_packages_folder(root: Path) -> None:
    (root / "config.yaml").write_text("external_package_dirs: [../shared]\n")
    (root.parent / "shared").mkdir()
    (root.parent / "shared/z.py").write_text("")


@pytest.mark.parametrize(
    "change",
    [
        same_size,
        same_size_and_time,
        replaced_by_rename,
        swapped_folders,
        file_becomes_link,
        file_becomes_folder,
        deleted,
        made_executable,
        ignored,
        other_packages_folder,
    ],
)
@pytest.mark.parametrize("stored", [False, True], ids=["in memory", "from a file"])
def test_every_change_is_found(
    old_truss: Path, change: Callable[[Path], None], stored: bool
) -> None:
    cache = StatCache()
    scan(old_truss, cache=cache)
    if stored:
        cache = StatCache.from_bytes(cache.to_bytes())
    change(old_truss)
    assert scan(old_truss, cache=cache) == scan(old_truss)
    assert scan(old_truss, cache=cache) == scan(old_truss)


def test_a_file_saved_within_the_clocks_tick_is_read_again(old_truss: Path) -> None:
    # Saves as fast as they can come: many have the time and the size of the one before.
    cache, file = StatCache(), old_truss / "model/model.py"
    for number in range(200):
        file.write_text(f"x = {number % 10}\n")
        assert digests(old_truss, cache) == digests(old_truss)


@pytest.mark.parametrize(
    ("age", "coarse", "settled"),
    [
        (0, False, False),
        (stat_cache._FINE_TICK - 1, False, False),
        (stat_cache._FINE_TICK + 1, False, True),
        (stat_cache._FINE_TICK + 1, True, False),
        (stat_cache._COARSE_TICK + 1_000_000_000, True, True),
        (-3_600_000_000_000, False, False),
    ],
    ids=["now", "same tick", "older", "whole seconds", "older seconds", "from the future"],
)
def test_when_a_stamp_can_be_trusted(age: int, coarse: bool, settled: bool) -> None:
    time_ns = LONG_AGO // 1_000_000_000 * 1_000_000_000 if coarse else LONG_AGO
    assert is_settled((10, time_ns, time_ns, 1, 0o100644), time_ns + age) is settled


def test_a_stored_cache_serves_the_next_process(old_truss: Path, read_files: list[str]) -> None:
    cache = StatCache()
    first = scan(old_truss, cache=cache)
    read_files.clear()
    assert scan(old_truss, cache=StatCache.from_bytes(cache.to_bytes())) == first
    assert read_files == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda stored: b"",
        lambda stored: b"nonsense",
        lambda stored: stored[:-1],
        lambda stored: stored[: len(stored) // 2],
        lambda stored: stored.replace(b"model.py", b"model.pz"),
        lambda stored: bytes([stored[0] ^ 1]) + stored[1:],
    ],
    ids=["empty", "no cache", "cut by one byte", "cut in half", "one letter", "one bit"],
)
def test_a_damaged_cache_is_an_empty_one(
    old_truss: Path, read_files: list[str], damage: Callable[[bytes], bytes]
) -> None:
    cache = StatCache()
    first = scan(old_truss, cache=cache)
    read_files.clear()
    assert scan(old_truss, cache=StatCache.from_bytes(damage(cache.to_bytes()))) == first
    assert len(read_files) == len(first)


def test_the_cache_of_another_version_is_an_empty_one(
    old_truss: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = StatCache()
    scan(old_truss, cache=cache)
    stored = cache.to_bytes()
    monkeypatch.setattr(stat_cache, "_FORMAT", (2, "cpython-399"))
    assert StatCache.from_bytes(stored).to_bytes() == StatCache().to_bytes()


def test_what_is_gone_is_forgotten(old_truss: Path) -> None:
    cache = StatCache()
    scan(old_truss, cache=cache)
    (old_truss / "packages/a.py").unlink()
    scan(old_truss, cache=cache)
    assert b"a.py" not in cache.to_bytes()


def test_large_files_are_read_side_by_side_and_known_afterwards(
    write: Write, truss: Path, read_files: list[str]
) -> None:
    write({f"data/{number}.bin": bytes([number]) * (3 << 20) for number in range(5)})
    rest(truss)
    cache = StatCache()
    assert digests(truss, cache) == digests(truss)
    read_files.clear()
    scan(truss, cache=cache)
    assert read_files == []


def test_a_stamp_holds_what_tells_that_a_file_was_touched(truss: Path) -> None:
    state = (truss / "config.yaml").stat()
    assert stamp_of(state) == (
        state.st_size,
        state.st_mtime_ns,
        state.st_ctime_ns,
        state.st_ino,
        state.st_mode,
    )
