"""The warm spare imports what the next version will import first, and nobody can tell it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running_plane import RunningPlane, until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

# Answers the process that imported the package, and in which order packages were.
MODEL = """
{imports}

class Model:
    def load(self):
        {load}

    def predict(self, request):
        import sys
        own = [name for name in sys.modules if name.startswith("package_")]
        return [{number}, own]
"""
PLAIN = "import pathlib\nMARK = pathlib.Path(__file__).with_name('imported.txt')\n"
PLAIN += "MARK.open('a').write('x')\n"


class Packages:
    """A folder of installed packages. `imports` counts how often one was executed."""

    def __init__(self, root: Path) -> None:
        self.root = root / "site"

    def add(self, name: str, more: str = "") -> None:
        folder = self.root / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(PLAIN + more)

    def imports(self, name: str) -> int:
        mark = self.root / name / "imported.txt"
        return len(mark.read_text()) if mark.exists() else 0


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    return Packages(tmp_path)


def model(number: int, imports: str, load: str = "pass") -> dict[str, str]:
    return {"model/model.py": MODEL.format(number=number, imports=imports, load=load)}


def started(
    new_plane: Callable[..., RunningPlane], packages: Packages, files: Mapping[str, str]
) -> RunningPlane:
    """A plane that has answered, and whose spare is ready."""
    plane = new_plane(files)
    plane.start("--inherit-environment", environment={"PYTHONPATH": str(packages.root)})
    plane.predict()
    until(lambda: plane.status()["spare_ready"], "the spare")
    return plane


def reload(plane: RunningPlane, files: Mapping[str, str]) -> list[object]:
    """The answer of the version with `files`, which a new process loads."""
    response = plane.patch(files, strategy="reload")
    assert response.status_code == 200, response.text
    answer: list[object] = plane.predict()
    return answer


def test_imported_before_the_version_comes(
    new_plane: Callable[..., RunningPlane], packages: Packages
) -> None:
    packages.add("package_a")
    plane = started(new_plane, packages, model(1, "import package_a"))
    assert packages.imports("package_a") == 2, "the serving process and the spare"
    assert reload(plane, model(2, "import package_a")) == [2, ["package_a"]]
    until(lambda: plane.status()["spare_ready"], "the next spare")
    assert packages.imports("package_a") == 3, "the new version found it imported"


def test_what_load_imports_first_counts(
    new_plane: Callable[..., RunningPlane], packages: Packages
) -> None:
    packages.add("package_a")
    plane = started(new_plane, packages, model(1, "", load="import package_a"))
    assert packages.imports("package_a") == 2
    assert reload(plane, model(2, "", load="import package_a")) == [2, ["package_a"]]


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        pytest.param("", [], id="no longer imported"),
        pytest.param("import package_b, package_a", ["package_b", "package_a"], id="other order"),
        pytest.param(
            "import os\nos.environ['X'] = '1'\nimport package_a",
            ["package_a"],
            id="after the environment was changed",
        ),
    ],
)
def test_a_version_that_would_notice_gets_a_fresh_process(
    new_plane: Callable[..., RunningPlane], packages: Packages, imports: str, expected: list[str]
) -> None:
    packages.add("package_a", "import os\nX = os.environ.get('X')\n")
    packages.add("package_b")
    plane = started(new_plane, packages, model(1, "import package_a"))
    assert reload(plane, model(2, imports)) == [2, expected]
    served = packages.imports("package_a")
    assert served == (2 + ("package_a" in imports)), "imported anew, not found"


def test_a_name_that_the_version_answers_itself(
    new_plane: Callable[..., RunningPlane], packages: Packages
) -> None:
    packages.add("package_a", "try:\n    import package_own\nexcept ImportError:\n    pass\n")
    plane = started(new_plane, packages, model(1, "import package_a"))
    files = {**model(2, "import package_a"), "packages/package_own.py": "X = 1\n"}
    assert reload(plane, files) == [2, ["package_own", "package_a"]]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param("raise ValueError('not now')", "ValueError: not now", id="raises"),
        pytest.param("import os; os._exit(3)", "it ended the process", id="ends the process"),
        pytest.param(
            "import threading, time\n"
            "threading.Thread(target=time.sleep, args=[1000], daemon=True).start()",
            "it starts a thread",
            id="starts a thread",
        ),
        pytest.param(
            "import os; HERE = os.getcwd()",
            "it depends on the working directory",
            id="looks where it is",
        ),
    ],
)
def test_an_import_that_does_not_suit_a_spare(
    new_plane: Callable[..., RunningPlane], packages: Packages, more: str, said: str
) -> None:
    # Only where nothing is loaded yet: the serving process imports it without any trouble.
    ahead = "import sys\nif 'model.model' not in sys.modules:\n"
    packages.add("package_a", ahead + "".join(f"    {line}\n" for line in more.splitlines()))
    packages.add("package_b")
    imports = "import package_a, package_b"
    plane = started(new_plane, packages, model(1, imports))
    line = f"package_a is not imported ahead: {said}"
    until(lambda: line in plane.output.read_text(), "the line that says so")
    assert packages.imports("package_b") == 2, "the others are"
    assert reload(plane, model(2, imports))[0] == 2


def test_an_import_that_hangs_delays_nobody(
    new_plane: Callable[..., RunningPlane], packages: Packages
) -> None:
    hang = "import sys, time\nif 'model.model' not in sys.modules:\n    time.sleep(1000)\n"
    packages.add("package_a", hang)
    plane = new_plane(model(1, "import package_a"))
    plane.start("--inherit-environment", environment={"PYTHONPATH": str(packages.root)})
    plane.predict()
    until(lambda: packages.imports("package_a") == 2, "the spare's import")
    assert plane.status()["spare_ready"] is False
    assert reload(plane, model(2, "import package_a")) == [2, ["package_a"]]
