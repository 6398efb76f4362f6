"""From a signature and a directory to patches: which change yields which patch."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from truss_base.diff import diff, diff_to
from truss_base.exceptions import ConfigError
from truss_base.patch import FilePatch
from truss_base.signature import Signature
from truss_base.tree import scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

CONFIG = (
    "requirements: [numpy==1.25, pandas]\n"
    "system_packages: [git]\n"
    "environment_variables: {MODE: slow, GONE: '1'}\n"
)
START = {
    "config.yaml": CONFIG,
    "model/model.py": "class Model: ...\n",
    "model/helper.py": "x = 1\n",
    "packages/tool/__init__.py": "",
    "data/weights.bin": b"\x00\xff",
    "README.md": "for people\n",
}


@pytest.fixture
def started(write: Write) -> tuple[Path, Signature]:
    """A Truss and its signature, before anything changes."""
    root = write(START)
    return root, Signature.of(root)


def summary(patches: list[Any]) -> list[tuple[str, ...]]:
    """Type, action, and what is changed, of every patch."""
    return [
        (
            patch.type,
            patch.action.value,
            str(
                getattr(patch, "path", None)
                or getattr(patch, "requirement", None)
                or getattr(patch, "package", None)
                or patch.item
            ),
        )
        for patch in patches
    ]


def test_nothing_changed(started: tuple[Path, Signature]) -> None:
    root, signed = started
    assert diff(signed, root) == []


@pytest.mark.parametrize(
    ("path", "content", "patch"),
    [
        ("model/model.py", "new", ("model_code", "UPDATE", "model.py")),
        ("model/deep/new.py", "", ("model_code", "ADD", "deep/new.py")),
        ("model/prompt.txt", "Be kind", ("model_code", "ADD", "prompt.txt")),
        ("model/lib/native.so", b"\x7fELF\xff", ("model_code", "ADD", "lib/native.so")),
        ("model/helper.py", None, ("model_code", "REMOVE", "helper.py")),
        ("packages/tool/__init__.py", "x", ("package", "UPDATE", "tool/__init__.py")),
        ("data/weights.bin", b"\x01", ("data", "UPDATE", "weights.bin")),
        ("README.md", "other", ("file", "UPDATE", "README.md")),
        ("README.md", None, ("file", "REMOVE", "README.md")),
        ("model_extra/a.py", "", ("file", "ADD", "model_extra/a.py")),
        ("config.yaml", f"# comment\n{CONFIG}", ("config", "UPDATE", "config.yaml")),
    ],
)
def test_one_change_is_one_patch(
    started: tuple[Path, Signature],
    write: Write,
    path: str,
    content: str | bytes | None,
    patch: tuple[str, str, str],
) -> None:
    root, signed = started
    if content is None:
        (root / path).unlink()
    else:
        write({path: content})
    assert summary(diff(signed, root)) == [patch]


def test_contents_travel_byte_by_byte(started: tuple[Path, Signature], write: Write) -> None:
    root, signed = started
    write({"model/model.py": b"a\r\n\xef\xbb\xbf\x00\xff"})
    (root / "model/model.py").chmod(0o755)
    [patch] = diff(signed, root)
    assert isinstance(patch, FilePatch)
    assert (patch.content, patch.mode) == (b"a\r\n\xef\xbb\xbf\x00\xff", 0o755)


def test_only_contents_of_what_changed_are_read(
    started: tuple[Path, Signature], write: Write
) -> None:
    root, signed = started
    write({"model/model.py": "new"})
    entries, read = scan(root), []

    def reader(entry: Any) -> bytes:
        read.append(entry.path)
        return b"new"

    by_path = {entry.path: entry for entry in entries}
    diff_to(signed, Signature.of_entries(entries), by_path, reader)
    assert read == ["model/model.py"]


def test_a_change_of_the_mode_alone_is_not_noticed(started: tuple[Path, Signature]) -> None:
    root, signed = started
    (root / "model/model.py").chmod(0o755)
    assert diff(signed, root) == []


def test_links_travel_as_their_text(started: tuple[Path, Signature]) -> None:
    root, signed = started
    (root / "model/helper.py").unlink()
    (root / "model/helper.py").symlink_to("model.py")
    [patch] = diff(signed, root)
    assert isinstance(patch, FilePatch)
    assert (patch.action.value, patch.symlink, patch.content) == ("UPDATE", "model.py", None)


def test_config_values_become_typed_patches_as_well(
    started: tuple[Path, Signature], write: Write
) -> None:
    root, signed = started
    write(
        {
            "config.yaml": "requirements: [numpy==1.26, 'git+https://x/y.git#egg=Y_z']\n"
            "system_packages: [ffmpeg]\n"
            "environment_variables: {MODE: fast, NEW: '2'}\n"
            "external_data: [{url: 'https://x/y', local_data_path: y}]\n"
        }
    )
    assert summary(diff(signed, root)) == [
        ("system_package", "REMOVE", "git"),
        ("system_package", "ADD", "ffmpeg"),
        ("python_requirement", "REMOVE", "pandas"),
        ("python_requirement", "UPDATE", "numpy==1.26"),
        ("python_requirement", "ADD", "git+https://x/y.git#egg=Y_z"),
        ("environment_variable", "REMOVE", "{'GONE': '1'}"),
        ("environment_variable", "UPDATE", "{'MODE': 'fast'}"),
        ("environment_variable", "ADD", "{'NEW': '2'}"),
        (
            "external_data",
            "ADD",
            str(
                {
                    "url": "https://x/y",
                    "local_data_path": "y",
                    "backend": "http_public",
                    "name": None,
                }
            ),
        ),
        ("config", "UPDATE", "config.yaml"),
    ]


# Python 3.10 cannot read TOML: there the file's digest alone tells that it changed.
TOML_UPDATE = [("UPDATE", "numpy==2")] if sys.version_info >= (3, 11) else []


@pytest.mark.parametrize(
    ("name", "before", "after", "patches"),
    [
        ("requirements.txt", "numpy==1\n", "# why\nnumpy==1\n", []),
        ("requirements.txt", "numpy==1\n", "numpy==2\n", [("UPDATE", "numpy==2")]),
        ("requirements.txt", "a\nb\n", "b\nc\n", [("REMOVE", "a"), ("ADD", "c")]),
        ("requirements.txt", "Foo_Bar\n", "foo-bar>1\n", [("UPDATE", "foo-bar>1")]),
        (
            "pyproject.toml",
            "[project]\ndependencies = ['numpy==1']\n",
            "[project]\ndependencies = ['numpy==2']\n",
            TOML_UPDATE,
        ),
        (
            "uv.lock",
            "[[package]]\nname = 'numpy'\nversion = '1'\n",
            "[[package]]\nname = 'numpy'\nversion = '2'\n",
            TOML_UPDATE,
        ),
        ("pyproject.toml", "[project]\n", "[project\n", []),
    ],
)
def test_a_requirements_file_yields_its_requirements(
    write: Write, name: str, before: str, after: str, patches: list[tuple[str, str]]
) -> None:
    root = write({"config.yaml": f"requirements_file: {name}\n", name: before})
    signed = Signature.of(root)
    write({name: after})
    expected = [("python_requirement", *patch) for patch in patches]
    assert summary(diff(signed, root)) == [*expected, ("file", "UPDATE", name)]


def test_an_unchanged_requirements_file_yields_nothing(write: Write) -> None:
    root = write({"config.yaml": "requirements_file: uv.lock\n", "uv.lock": "[[package]]\n"})
    # As a Python without a reader of TOML would have signed it, and one of another opinion.
    for requirements in ([], ["numpy==1"]):
        signed = replace(Signature.of(root), requirements_file_requirements=requirements)
        write({"model/model.py": f"# {requirements}"})
        assert [patch.type for patch in diff(signed, root)] == ["model_code"]


def test_patches_come_in_a_fixed_order(started: tuple[Path, Signature], write: Write) -> None:
    root, signed = started
    write({"model/b.py": "", "model/a.py": "", "data/x": "", "packages/p.py": "", "x": ""})
    (root / "model/helper.py").unlink()
    assert summary(diff(signed, root)) == [
        ("package", "ADD", "p.py"),
        ("data", "ADD", "x"),
        ("file", "ADD", "x"),
        ("model_code", "REMOVE", "helper.py"),
        ("model_code", "ADD", "a.py"),
        ("model_code", "ADD", "b.py"),
    ]


def test_a_config_that_is_not_valid_is_no_version_to_go_to(
    started: tuple[Path, Signature], write: Write
) -> None:
    root, signed = started
    write({"config.yaml": "python_version: py27\n"})
    with pytest.raises(ConfigError, match="python_version"):
        diff(signed, root)


def test_a_signed_config_that_was_not_valid_can_be_left(write: Write) -> None:
    root = write({"config.yaml": "requirements: {unfinished\n"})
    signed = Signature.of(root)
    write({"config.yaml": "requirements: [numpy]\n"})
    assert summary(diff(signed, root)) == [
        ("python_requirement", "ADD", "numpy"),
        ("config", "UPDATE", "config.yaml"),
    ]
