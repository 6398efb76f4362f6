"""A module that is not found: which file to add what to, and which command then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import MODEL, replace_in
from truss_handle import operations
from truss_handle.exceptions import HandleError
from truss_handle.missing_modules import distribution_of, missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings


@pytest.mark.parametrize(
    ("module", "installed_as"),
    [
        ("sklearn", "scikit-learn"),
        ("cv2", "opencv-python-headless"),
        ("google.protobuf", "protobuf"),
        ("PIL", "pillow"),
        ("not_known_here", "not_known_here"),
        # Its first part was found: it is another version of it that is missing, or a name.
        ("numpy.not_there", ""),
        ("sklearn.not_there", ""),
    ],
)
def test_what_to_install(module: str, installed_as: str) -> None:
    assert distribution_of(module) == installed_as


@pytest.mark.parametrize(
    ("kind", "message", "name"),
    [
        ("ModuleNotFoundError", "No module named 'a.b'", "a.b"),
        ("ModuleNotFoundError", "No module named 'a.b'; 'a' is not a package", "a.b"),
        ("ModuleNotFoundError", "written by somebody", ""),
        ("ImportError", "No module named 'a'", ""),
    ],
)
def test_what_is_missing(kind: str, message: str, name: str) -> None:
    assert missing({"type": kind, "message": message}) == name


async def test_the_hint_names_the_file_and_the_command(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=f"import sklearn\n{MODEL}")
    with pytest.raises(HandleError) as caught:
        await operations.start(truss)
    said = "add `scikit-learn` to requirements in config.yaml, then `control-truss patch`"
    assert caught.value.hint == said

    with (truss / "config.yaml").open("a") as config:
        config.write("requirements_file: needs.txt\n")
    (truss / "needs.txt").write_text("")
    with pytest.raises(HandleError) as caught:
        await operations.patch(truss)
    assert caught.value.hint == "add `scikit-learn` to needs.txt, then `control-truss patch`"


async def test_a_module_of_the_truss_is_no_requirement(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    files = {"packages/words.py": "WORD = 'hello'\n"}
    truss = make_truss(model=f"from words import WORD\n{MODEL}", files=files)
    await operations.start(truss)
    (truss / "packages" / "words.py").unlink()
    replace_in(truss / "model" / "model.py", "hello", "good day")
    with pytest.raises(HandleError) as caught:
        await operations.patch(truss)
    assert "`words` is a module of this Truss" in caught.value.hint
