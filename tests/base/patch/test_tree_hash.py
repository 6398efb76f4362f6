"""The hash and the signature: the definition in the docs, and what does and does not count."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truss_base.entry import link_digest
from truss_base.exceptions import ConfigError, SignatureError
from truss_base.hash import tree_hash, truss_hash
from truss_base.signature import Signature, signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]


def example(repository: Path, name: str) -> str:
    """The block of docs/hash-and-signature.md below the marker `<!-- example: name -->`."""
    text = (repository / "docs/hash-and-signature.md").read_text()
    found = re.search(rf"<!-- example: {name} -->\n+```\w*\n(.*?)```", text, re.DOTALL)
    assert found, name
    return found[1]


def test_the_worked_example_of_the_docs(repository: Path, tmp_path: Path) -> None:
    commands = example(repository, "make")
    subprocess.run(["sh", "-euc", commands], cwd=tmp_path, check=True)
    listed = example(repository, "digests").splitlines()
    digests = {path: digest for digest, path in (line.split(maxsplit=1) for line in listed)}
    signed = signature(tmp_path / "example")
    assert signed.content_hashes_by_path == digests
    assert signed.hash == example(repository, "hash").strip()
    assert link_digest("model.py") == digests["model/latest.py"]


def test_the_docs_recompute_the_hash_without_our_code(repository: Path, tmp_path: Path) -> None:
    subprocess.run(["sh", "-euc", example(repository, "make")], cwd=tmp_path, check=True)
    program = example(repository, "program")
    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=tmp_path / "example",
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == truss_hash(tmp_path / "example")


PATHS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(st.dictionaries(PATHS, DIGESTS, max_size=5), st.randoms())
def test_the_hash_is_a_function_of_the_mapping(tree: dict[str, str], random: object) -> None:
    shuffled = dict(sorted(tree.items(), key=lambda _: random.random()))  # type: ignore[attr-defined]  # a random.Random
    assert tree_hash(shuffled) == tree_hash(tree)


@given(st.dictionaries(PATHS, DIGESTS, max_size=3), st.dictionaries(PATHS, DIGESTS, max_size=3))
def test_different_trees_have_different_hashes(one: dict[str, str], two: dict[str, str]) -> None:
    assert (tree_hash(one) == tree_hash(two)) is (one == two)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("model/model.py", "other"),
        ("model/new.py", ""),
        ("config.yaml", "# a comment\n"),
        ("README.md", "for people"),
        ("data/weights.bin", b"\x00"),
        (".truss_ignore", ""),
    ],
)
def test_every_content_counts(write: Write, truss: Path, path: str, content: str | bytes) -> None:
    before = truss_hash(truss)
    write({path: content})
    assert truss_hash(truss) != before


def test_a_line_end_counts(write: Write, truss: Path) -> None:
    write({"model/model.py": "a\n"})
    before = truss_hash(truss)
    write({"model/model.py": "a\r\n"})
    assert truss_hash(truss) != before


def test_litter_and_mode_do_not_count(write: Write, truss: Path) -> None:
    before = truss_hash(truss)
    write({"model/__pycache__/model.pyc": "x", ".DS_Store": "x"})
    (truss / "model/model.py").chmod(0o755)
    assert truss_hash(truss) == before


def test_a_rename_counts(truss: Path) -> None:
    before = truss_hash(truss)
    (truss / "model/model.py").rename(truss / "model/Model.py")
    assert truss_hash(truss) != before


def test_two_directories_of_the_same_content_have_one_hash(write: Write, tmp_path: Path) -> None:
    files = {"config.yaml": "", "model/model.py": "x"}
    one, two = write(files, tmp_path / "a/truss"), write(files, tmp_path / "b/truss")
    assert truss_hash(one) == truss_hash(two)
    write({"model/model.py": "y"}, two)
    assert truss_hash(one) != truss_hash(two)


def test_a_signature_survives_json(write: Write, truss: Path) -> None:
    write({"config.yaml": "model_name: é\r\nrequirements_file: requirements.txt\n"})
    write({"requirements.txt": "# pins\nnumpy == 1.26 # why\n\ntorch \\\n  >=2\n"})
    signed = Signature.of(truss)
    again = Signature.from_dict(json.loads(json.dumps(signed.to_dict())))
    assert again == signed
    assert again.hash == truss_hash(truss)
    assert again.config == "model_name: é\r\nrequirements_file: requirements.txt\n"
    assert again.requirements_file_requirements == ["numpy == 1.26", "torch >=2"]


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({}, "content_hashes_by_path"),
        ({"content_hashes_by_path": {"a": 1}, "config": ""}, "content_hashes_by_path"),
        ({"content_hashes_by_path": {}, "config": None}, "config"),
        (
            {"content_hashes_by_path": {}, "config": "", "requirements_file_requirements": "x"},
            "requirements_file_requirements",
        ),
    ],
)
def test_a_stored_signature_that_is_none(value: dict[str, object], complaint: str) -> None:
    with pytest.raises(SignatureError, match=complaint):
        Signature.from_dict(value)


def test_signatures_of_before_requirements_files_are_read() -> None:
    assert Signature.from_dict({"content_hashes_by_path": {}, "config": ""}) == Signature(
        {}, "", []
    )


def test_a_config_that_is_no_text_cannot_be_signed(write: Write, truss: Path) -> None:
    write({"config.yaml": b"model_name: \xff"})
    with pytest.raises(ConfigError, match=r"config.yaml is not UTF-8 \(byte 12\)"):
        Signature.of(truss)
