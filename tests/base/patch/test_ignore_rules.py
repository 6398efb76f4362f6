"""`.truss_ignore`: git's rules after a short list of safe defaults."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from truss_base.exceptions import IgnoreError
from truss_base.ignore import IgnoreRules
from truss_base.tree import scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

LITTER = [
    "__pycache__/model.cpython-311.pyc",
    "model/__pycache__/model.cpython-311.pyc",
    "model/old.pyc",
    ".git/HEAD",
    "packages/vendored/.git",
    ".venv/bin/python",
    ".vscode/settings.json",
    ".idea/workspace.xml",
    ".ipynb_checkpoints/a.ipynb",
    ".mypy_cache/x",
    ".pytest_cache/x",
    ".ruff_cache/x",
    ".hypothesis/x",
    "model/.model.py.swp",
    "model/model.py~",
    "model/.#model.py",
    "model/#model.py#",
    ".DS_Store",
    "data/.DS_Store",
    "model/._model.py",
    "Thumbs.db",
]

CONTENT = [
    "config.yaml",
    ".truss_ignore",
    "model/lib/helper.py",
    "model/native.so",
    "model/native.pyd",
    "model/build/x.py",
    "packages/dist/a.py",
    "packages/env/a.py",
    "data/run.log",
    "data/weights.tmp",
    "wheels/a.whl",
    "target/x",
    ".env",
    "venv/x",
    "model/github.py",
    "model/.gitkeep",
]


@pytest.mark.parametrize("path", LITTER)
def test_litter_is_ignored_by_default(path: str) -> None:
    assert IgnoreRules.parse("").ignores(path, is_dir=False)


@pytest.mark.parametrize("path", CONTENT)
def test_what_may_be_content_is_not(path: str) -> None:
    assert not IgnoreRules.parse("").ignores(path, is_dir=False)


@pytest.mark.parametrize(
    ("text", "path", "ignored"),
    [
        ("*.bin", "data/a.bin", True),
        ("/*.bin", "data/a.bin", False),
        ("data/raw", "data/raw/a", True),
        ("data/raw", "model/data/raw/a", False),
        ("raw/", "data/raw/a", True),
        ("raw/", "data/raw", False),  # a file, and the rule is for directories
        ("**/raw", "a/b/raw/c", True),
        ("a/**/c", "a/x/y/c", True),
        ("*.bin\n!keep.bin", "data/keep.bin", False),
        ("data/\n!data/keep.bin", "data/keep.bin", True),  # git does not look into data/
        ("data/*\n!data/keep.bin", "data/keep.bin", False),
        ("# a comment", "# a comment", False),
        ("\\#name", "#name", True),
        ("name   ", "name", True),
        ("a[bc]", "ac", True),
        ("*.BIN", "a.bin", False),
        ("!__pycache__/\n!*.pyc", "__pycache__/a.pyc", False),
        ("!.vscode/", ".vscode/settings.json", False),
        ("*.bin\r\n*.tmp\r\n", "a.tmp", True),
        ("\ufeff*.bin", "a.bin", True),
        ("caf\u00e9", "caf\u00e9", True),
        ("cafe\u0301", "caf\u00e9", True),
        ("*", "config.yaml", False),
        ("*", "model/model.py", True),
    ],
)
def test_rules_of_a_truss(text: str, path: str, ignored: bool) -> None:
    assert IgnoreRules.parse(text).ignores(path, is_dir=False) is ignored


FILES = [
    "a.py",
    "a.txt",
    "keep.txt",
    "build-tools/x",
    "build/x",
    "d/a.txt",
    "d/keep.txt",
    "d/e/a.py",
    "d/e/secret/x.py",
    "d/e/f/g.txt",
    "foo/foo/bar",
    "foo/x/bar",
    "secret/x.py",
    "we ird",
]


@pytest.mark.parametrize(
    "text",
    [
        "*\n!*/\n!*.py",
        "*\n!*/\n!*.py\nsecret/",
        "build*\n!build-tools/",
        "/d\n!/d/e",
        "d/*\n!d/e/",
        "d/**\n!d/e/\n!d/e/a.py",
        "foo/**",
        "foo/**\n!foo/foo/",
        "foo/",
        "/foo/foo",
        "**/foo",
        "**/",
        "*/",
        "foo/*/bar",
        "foo/**/bar",
        "*.txt\n!keep.txt",
        "!keep.txt\n*.txt",
        "secret/\n!d/",
        "we\\ ird",
        "[a-c].*",
        "d/e/f/\n!d/e/f/g.txt",
        "?.py",
        "/*\n!/d",
    ],
)
def test_the_rules_are_those_of_git(text: str, write: Write) -> None:
    root = write({**dict.fromkeys(FILES, "x"), "config.yaml": "", ".truss_ignore": text})
    # git keeps its own folder elsewhere; what it would list as untracked is what we keep.
    subprocess.run(["git", "init", "-q", root], check=True)
    listed = subprocess.run(
        ["git", "-c", "core.quotePath=off", "ls-files", "-z", "--others", "-X", ".truss_ignore"],
        cwd=root,
        check=True,
        capture_output=True,
    )
    by_git = set(listed.stdout.decode().split("\0")) - {""}
    ours = {entry.path for entry in scan(root)}
    assert ours == by_git | {"config.yaml"}


def test_a_rule_that_is_none_is_named() -> None:
    with pytest.raises(IgnoreError, match=r"line 2: '!' is no valid pattern"):
        IgnoreRules.parse("*.bin\n!")


def test_a_file_that_is_no_text_is_refused(write: Write) -> None:
    root = write({".truss_ignore": b"\xff\xfe*"})
    with pytest.raises(IgnoreError, match="not UTF-8"):
        IgnoreRules.load(root)


def test_ignored_directories_are_not_looked_into(write: Write, truss: Path) -> None:
    # A pipe, or a link that leaves, would be refused anywhere else.
    write({".venv/bin/x": ""})
    (truss / ".venv" / "python").symlink_to("/usr/bin/python3")
    (truss / "ignored").mkdir()
    (truss / "ignored" / "out").symlink_to("../..")
    write({".truss_ignore": "ignored/"})
    assert [entry.path for entry in scan(truss)] == [
        ".truss_ignore",
        "config.yaml",
        "model/model.py",
    ]
