"""What belongs to a tree: files and links, whatever the spelling of the directory."""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from truss_base.entry import ChangedMeanwhile, read
from truss_base.exceptions import ConfigError, NotATruss, PathError, UnreadablePath
from truss_base.tree import consistent, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truss_base.entry import Entry

    Write = Callable[..., Path]

NFC, NFD = "caf\u00e9.py", "cafe\u0301.py"


def names(root: Path) -> list[str]:
    return [entry.path for entry in scan(root)]


def test_files_come_in_the_order_of_their_bytes(write: Write, truss: Path) -> None:
    write({"model/a.py": "", "model.md": "", "model/é.py": "", "Z": ""})
    assert names(truss) == [
        "Z",
        "config.yaml",
        "model.md",
        "model/a.py",
        "model/model.py",
        "model/é.py",
    ]


@pytest.mark.parametrize(
    "content", [b"", b"text\n", b"text\r\n", b"\x00\xff\xfe binary", b"x" * (3 << 20)]
)
def test_a_digest_is_the_sha256_of_the_bytes(write: Write, truss: Path, content: bytes) -> None:
    write({"model/a": content})
    [entry] = [entry for entry in scan(truss) if entry.path == "model/a"]
    assert entry.digest == hashlib.sha256(content).hexdigest()
    assert (entry.kind, entry.size, entry.target) == ("file", len(content), None)
    assert read(entry) == content


def test_executable_is_known_and_not_part_of_the_digest(truss: Path) -> None:
    model = truss / "model/model.py"
    [before] = [entry for entry in scan(truss) if entry.path == "model/model.py"]
    model.chmod(0o755)
    [after] = [entry for entry in scan(truss) if entry.path == "model/model.py"]
    assert (before.executable, after.executable) == (False, True)
    assert before.digest == after.digest


def test_empty_directories_are_not_part_of_a_tree(truss: Path) -> None:
    before = scan(truss)
    (truss / "data" / "empty").mkdir(parents=True)
    assert scan(truss) == before


def test_any_spelling_of_the_directory_gives_the_same_tree(
    truss: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (truss.parent / "link").symlink_to("truss")
    monkeypatch.chdir(truss)
    spellings: list[Path | str] = [
        truss,
        str(truss),
        f"{truss}/",
        ".",
        "./",
        "../truss",
        "../truss/model/..",
        truss.parent / "link",
        "../link/",
    ]
    trees = [scan(spelling) for spelling in spellings]
    assert all(tree == trees[0] for tree in trees)


def test_names_are_composed(write: Write, truss: Path) -> None:
    write({f"model/{NFD}": "x"})
    assert f"model/{NFC}" in names(truss)


def test_names_that_differ_by_composition_only_are_refused(write: Write, truss: Path) -> None:
    write({f"model/{NFD}": "x", f"model/{NFC}": "y"})
    with pytest.raises(PathError, match=r"model/café.py exists twice"):
        scan(truss)


def test_directories_that_differ_by_composition_only_are_refused(write: Write, truss: Path) -> None:
    write({"cafe\u0301/a": "x", "caf\u00e9/b": "y"})
    with pytest.raises(PathError, match="café exists twice"):
        scan(truss)


def test_a_name_that_is_not_utf8_is_refused(truss: Path) -> None:
    Path(os.fsdecode(bytes(truss) + b"/model/\xff.py")).write_text("x")
    with pytest.raises(PathError, match="not valid UTF-8"):
        scan(truss)


def test_a_backslash_in_a_name_is_refused(write: Write, truss: Path) -> None:
    write({"model/a\\b.py": ""})
    with pytest.raises(PathError, match="backslash"):
        scan(truss)


def test_pipes_and_sockets_are_refused(truss: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(truss / "model/pipe")
    with pytest.raises(PathError, match="model/pipe is a pipe"):
        scan(truss)
    (truss / "model/pipe").unlink()
    monkeypatch.chdir(truss)  # the address of a socket has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("agent.sock")
        with pytest.raises(PathError, match=r"agent.sock is a pipe, a socket"):
            scan(truss)
        (truss / ".truss_ignore").write_text("*.sock\n")
        assert "agent.sock" not in names(truss)


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Without root's rights, to whom every file is readable."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


@pytest.mark.usefixtures("unprivileged")
def test_what_cannot_be_read_is_named() -> None:
    # Not below `tmp_path`: nobody else may look into the directories above that.
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "model").mkdir()
        (root / "config.yaml").touch()
        (root / "model/secret.bin").touch(mode=0)
        with pytest.raises(UnreadablePath, match=r"^model/secret.bin cannot be read: Permission"):
            scan(root)
        (root / "model").chmod(0)
        with pytest.raises(UnreadablePath, match=r"^model cannot be read: Permission"):
            scan(root)
        (root / "model").chmod(0o755)


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({}, "config.yaml and model/model.py are missing"),
        ({"model/model.py": ""}, "config.yaml is missing"),
        ({"config.yml": ""}, "rename config.yml to config.yaml"),
    ],
)
def test_a_directory_that_is_no_truss(
    write: Write, tmp_path: Path, files: dict[str, str | bytes], missing: str
) -> None:
    (tmp_path / "truss").mkdir()
    with pytest.raises(NotATruss, match=missing):
        scan(write(files))


def test_no_directory_at_all(tmp_path: Path) -> None:
    with pytest.raises(NotATruss, match="no such directory"):
        scan(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(NotATruss, match="it is a file"):
        scan(tmp_path / "file")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(NotATruss, match="cannot be read"):
        scan(tmp_path / "loop")


def test_a_tree_needs_its_config_as_a_file(write: Write, truss: Path) -> None:
    write({"real.yaml": ""})
    (truss / "config.yaml").unlink()
    (truss / "config.yaml").symlink_to("real.yaml")
    with pytest.raises(PathError, match=r"config.yaml is a symbolic link"):
        scan(truss)


def test_a_file_saved_while_it_is_read_is_scanned_again(write: Write, truss: Path) -> None:
    saves = iter(["second", "third"])

    def reader(entries: tuple[Entry, ...]) -> bytes:
        content = next(saves, None)
        if content:
            write({"model/model.py": content})
        return next(read(entry) for entry in entries if entry.path == "model/model.py")

    assert consistent(truss, reader) == b"third"


def test_a_file_that_never_rests_is_an_error(write: Write, truss: Path) -> None:
    count = iter(range(100))

    def reader(entries: tuple[Entry, ...]) -> None:
        write({"model/model.py": f"{next(count)}"})
        for entry in entries:
            read(entry)

    with pytest.raises(ChangedMeanwhile, match=r"model/model.py changed while it was read"):
        consistent(truss, reader)


def test_a_config_that_is_no_yaml_does_not_prevent_a_hash(write: Write, truss: Path) -> None:
    write({"config.yaml": b"\xff: [unfinished"})
    assert "config.yaml" in names(truss)
    write({"config.yaml": "external_package_dirs: [unfinished"})
    with pytest.raises(ConfigError):
        scan(truss)
