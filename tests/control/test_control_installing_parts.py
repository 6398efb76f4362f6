"""The decisions behind what is installed: what is asked for, who is to blame, what is shared."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from control.plane.environments.clone import clone
from control.plane.environments.damage import owners
from control.plane.environments.setup import NO_ENVIRONMENT, NO_UV, why_no_requirements
from control.plane.environments.store import EnvironmentStore
from control.plane.environments.uv import culprit
from control.plane.environments.wanted import Difference, Wanted, wanted_by
from truss_base.config import TrussConfig


def wanted(config: str, files: dict[str, str] | None = None) -> Wanted:
    texts = {"config.yaml": config, **(files or {})}
    digests = {path: f"digest of {text}" for path, text in texts.items()}
    return wanted_by(TrussConfig.from_text(config), digests, texts.__getitem__)


SIX = "requirements: [six]\n"
FILE = "requirements_file: r.txt\n"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (wanted("requirements: [a, b]\n"), wanted("requirements:\n  - b\n  - a\n"), True),
        (wanted(SIX), wanted("model_name: x\n" + SIX), True),
        (wanted(SIX), wanted("requirements: [six==1]\n"), False),
        (wanted(FILE, {"r.txt": "six\n"}), wanted(FILE, {"r.txt": "# x\n\nsix\n"}), True),
        (wanted(FILE, {"r.txt": "six\n"}), wanted(FILE, {"r.txt": "six<2\n"}), False),
        (
            wanted(FILE, {"r.txt": "-r s.txt\n", "s.txt": "a\n"}),
            wanted(FILE, {"r.txt": "-r s.txt\n", "s.txt": "b\n"}),
            False,
        ),
        (
            wanted("requirements: [./lib]\n", {"lib/a.py": "1"}),
            wanted("requirements: [./lib]\n", {"lib/a.py": "2"}),
            False,
        ),
        (
            wanted("requirements: [./lib]\n", {"lib/a.py": "1", "libel/a.py": "1"}),
            wanted("requirements: [./lib]\n", {"lib/a.py": "1", "libel/a.py": "2"}),
            True,
        ),
        (
            wanted("requirements: ['-e .']\n", {"a.py": "1"}),
            wanted("requirements: ['-e .']\n", {"a.py": "2"}),
            False,
        ),
    ],
)
def test_what_is_asked_for_decides_what_may_be_shared(
    one: Wanted, other: Wanted, same: bool
) -> None:
    assert (one.key == other.key) is same


@pytest.mark.parametrize(
    ("before", "after", "projects", "loosened", "no_choice"),
    [
        ("[]", "[six==1]", {"six"}, set(), True),
        ("[]", "[six]", {"six"}, set(), False),
        ("[]", "['six==1.*']", {"six"}, set(), False),
        ("[six==1]", "[six==2]", {"six"}, set(), True),
        ("[six==1, a]", "[a]", {"six"}, {"six"}, True),
        ("[]", "['git+https://h/x.git']", set(), set(), False),
        ("[]", "['Six.Pack==1 ; python_version > \"3\"']", {"six-pack"}, set(), True),
    ],
)
def test_only_what_changed_is_chosen_anew(
    before: str, after: str, projects: set[str], loosened: set[str], no_choice: bool
) -> None:
    one, other = (wanted(f"requirements: {it}\n") for it in (before, after))
    found = Difference.between(one, other)
    assert (found.projects, found.loosened) == (projects, loosened)
    assert found.leaves_no_choice is no_choice


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("because you require six-pack>=2 and numpy", "six_pack>=2"),
        ("because Numpy was not found", "numpy==1 # why"),
        ("no version of numpy-stubs", None),
        ("Distribution not found at: ./wheels/a.whl", "./wheels/a.whl"),
        ("the network is down", None),
    ],
)
def test_the_requirement_that_a_complaint_speaks_of(words: str, line: str | None) -> None:
    text = "requirements:\n  - six_pack>=2\n  - 'numpy==1 # why'\n  - ./wheels/a.whl\n"
    found = culprit(wanted(text), words)
    assert (found.text if found else None) == line
    if found is not None:
        assert text.splitlines()[found.number - 1].strip("- '") == line


def environment(root: Path) -> Path:
    """Something like an environment, of one package."""
    packages = root / "lib" / "python3.11" / "site-packages"
    for name, text in {
        "pyvenv.cfg": "home = /usr/bin\n",
        "bin/say": f"#!{root}/bin/python\nprint()\n",
        "lib/python3.11/site-packages/pack/code.py": "A = 1\n",
        "lib/python3.11/site-packages/pack-1.dist-info/RECORD": "pack/code.py,,\n../x,,\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "bin" / "python").symlink_to("/usr/bin/python3")
    (root / "lib64").symlink_to("lib")
    assert packages.is_dir()
    return root


def test_a_clone_shares_every_file_but_the_scripts(tmp_path: Path) -> None:
    source, target = environment(tmp_path / "a"), tmp_path / "b"
    assert clone(source, target, time.time() + 1) == []
    code = "lib/python3.11/site-packages/pack/code.py"
    assert (target / code).samefile(source / code)
    assert (target / "bin/say").read_text().startswith(f"#!{target}/bin/python")
    assert (source / "bin/say").read_text().startswith(f"#!{source}/bin/python")
    assert (target / "bin/python").readlink() == Path("/usr/bin/python3")
    assert (target / "lib64").readlink() == Path("lib")


def test_what_was_changed_since_is_left_out_and_has_an_owner(tmp_path: Path) -> None:
    source = environment(tmp_path / "a")
    code = "lib/python3.11/site-packages/pack/code.py"
    late = time.time() + 100
    os.utime(source / code, (late, late))
    (source / "lib/python3.11/site-packages/pack/__pycache__").mkdir()
    cached = "lib/python3.11/site-packages/pack/__pycache__/code.pyc"
    (source / cached).write_text("")
    os.utime(source / cached, (late, late))

    changed = clone(source, tmp_path / "b", late - 1)
    assert sorted(changed) == sorted([code, cached])
    assert not (tmp_path / "b" / code).exists()
    assert owners(source, changed) == {"pack"}
    assert owners(source, [cached]) == set()


def test_where_requirements_cannot_be_installed_the_reason_is_told(tmp_path: Path) -> None:
    python = environment(tmp_path / "a") / "bin" / "python"
    assert why_no_requirements(python, Path("/uv")) is None
    assert why_no_requirements(python, None) == NO_UV
    assert why_no_requirements(Path("/usr/bin/python3"), Path("/uv")) == NO_ENVIRONMENT


def test_an_environment_is_there_once_it_is_recorded(tmp_path: Path) -> None:
    store = EnvironmentStore(tmp_path / "environments", Path("/first/bin/python"))
    store.note_first("none")
    half, root = store.begin(), store.begin()
    made = store.finish(root, "key", "")
    assert store.find("key") == made
    assert store.get(half.name) is None
    # What is being made, and what was found for a release that is not linked yet, stays.
    store.collect(())
    assert half.is_dir()
    assert store.find("key") == made
    store.release(made.id)
    store.discard(half)
    store.collect(())
    assert store.find("key") is None
    first = store.find("none")
    assert first is not None
    assert first.python == Path("/first/bin/python")
