"""One spelling per path, and nothing above its root."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truss_base import paths
from truss_base.exceptions import PathError


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("model/model.py", "model/model.py"),
        ("./model//model.py", "model/model.py"),
        ("model/./model.py", "model/model.py"),
        ("packages/", "packages"),
        ("..." + "/x", ".../x"),
        ("a..b", "a..b"),
        ("cafe\u0301.py", "caf\u00e9.py"),
        ("space in name", "space in name"),
        ("line\nbreak", "line\nbreak"),
    ],
)
def test_spellings_of_one_path_agree(text: str, spelling: str) -> None:
    assert paths.normalize(text) == spelling


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "names no file"),
        (".", "names no file"),
        ("./", "names no file"),
        ("/etc/passwd", "is absolute"),
        ("//server/share", "is absolute"),
        ("..", "'..'"),
        ("../x", "'..'"),
        ("a/../b", "'..'"),
        ("a/..", "'..'"),
        ("a\\..\\..\\b", "backslash"),
        ("\\\\server\\share", "backslash"),
        ("C:/x", "drive letter"),
        ("c:x", "drive letter"),
        ("a\0b", "NUL"),
        ("bad\udcff", "not valid UTF-8"),
    ],
)
def test_a_path_that_could_leave_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(PathError, match=complaint) as caught:
        paths.normalize(text)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=40))
def test_whatever_is_accepted_stays_below_the_root(text: str) -> None:
    try:
        path = paths.normalize(text)
    except PathError:
        return
    assert not path.startswith("/")
    assert not {"", ".", ".."} & set(path.split("/"))
    assert paths.normalize(path) == path


@pytest.mark.parametrize(
    ("text", "spelling"), [("", ""), (".", ""), ("./", ""), ("model", "model"), ("./m/", "m")]
)
def test_a_directory_may_be_the_root(text: str, spelling: str) -> None:
    assert paths.directory(text) == spelling


@pytest.mark.parametrize("text", ["..", "/", "/model", "a/../.."])
def test_a_directory_may_not_be_outside(text: str) -> None:
    with pytest.raises(PathError):
        paths.directory(text)


@pytest.mark.parametrize(
    ("path", "base", "rest"),
    [
        ("model/model.py", "model", "model.py"),
        ("model_extra/a.py", "model", None),
        ("model", "model", None),
        ("model/model.py", "", "model/model.py"),
    ],
)
def test_below_compares_whole_components(path: str, base: str, rest: str | None) -> None:
    assert paths.below(path, base) == rest


@pytest.mark.parametrize(
    ("path", "target", "others", "leaves"),
    [
        ("link", "model/model.py", {}, False),
        ("model/link", "../data/x", {}, False),
        ("model/link", "nothing/there", {}, False),
        ("link", "link", {"link": "link"}, False),
        ("link", "a/../b", {}, False),
        ("link", "..", {}, True),
        ("link", "/etc", {}, True),
        ("link", "C:/x", {}, True),
        ("model/link", "../../x", {}, True),
        ("model/link", "../model/../../x", {}, True),
        ("link", "a/../../x", {}, True),
        # `sub` leads to the root, so `..` behind it leads out: only a chain shows it.
        ("deep/er/link", "../../sub/../x", {"sub": "deep/er"}, False),
        ("link", "sub/../x", {"sub": "."}, True),
        ("link", "one", {"one": "two", "two": "../x"}, True),
        ("link", "one", {"one": "/etc"}, True),
    ],
)
def test_links_that_leave(path: str, target: str, others: dict[str, str], leaves: bool) -> None:
    assert paths.leaves(path, target, {path: target, **others}) is leaves


def test_a_link_in_an_external_package_may_not_leave_the_package() -> None:
    assert not paths.leaves("packages/a/link", "../b", {}, root="packages")
    assert paths.leaves("packages/a/link", "../../b", {}, root="packages")


def test_order_is_that_of_the_bytes() -> None:
    names = ["b", "a/b", "a", "a.b", "Z", "\U0001f600", "\uffff", "é"]
    in_order = ["Z", "a", "a.b", "a/b", "b", "é", "\uffff", "\U0001f600"]
    assert sorted(names, key=paths.utf8_order) == in_order


def test_a_file_cannot_lie_below_a_file() -> None:
    assert paths.obstructed(["a", "a.b", "a/b/c"]) == ("a", "a/b/c")
    assert paths.obstructed(["a/b", "a/c", "ab"]) is None
