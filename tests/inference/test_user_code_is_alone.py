"""The user's code has the interpreter to itself: names, files, byte code, streams."""

from __future__ import annotations

import os
import py_compile
import sys
from typing import TYPE_CHECKING

import pytest
from inference_process import eventually, serving, write_truss

if TYPE_CHECKING:
    from pathlib import Path

# names that a server might be tempted to use itself
NAMES = ["control", "server", "common", "shared", "utils", "truss_base", "application"]


@pytest.mark.parametrize("place", ["{}/__init__.py", "packages/{}/__init__.py", "packages/{}.py"])
def test_packages_of_any_name_are_the_users(place: str, clean_python: str, tmp_path: Path) -> None:
    imports = "\n".join(f"import {name}" for name in NAMES)
    values = ", ".join(f"{name}.OWNER" for name in NAMES)
    model = f"{imports}\nclass Model:\n    def predict(self, x):\n        return [{values}]\n"
    files = {place.format(name): f"OWNER = 'user {name}'\n" for name in NAMES}
    with serving(write_truss(tmp_path, model, files), clean_python) as server:
        assert server.predict(None).json() == [f"user {name}" for name in NAMES]


def test_nothing_of_ours_is_importable_but_our_package(clean_python: str, tmp_path: Path) -> None:
    model = """
        import importlib.util, sys
        class Model:
            def predict(self, inputs):
                ours = [m for m in sys.modules if m.split(".")[0] == "control_truss_inference"]
                found = [n for n in inputs if importlib.util.find_spec(n)]
                return [bool(ours), found, "pydantic" in sys.modules, "" in sys.path]
        """
    with serving(write_truss(tmp_path, model), clean_python) as server:
        names = ["channel", "contract", "loading", "release", "control", "truss_base", "tests"]
        assert server.predict(names).json() == [True, [], False, False]


def test_modules_beside_the_model(tmp_path: Path) -> None:
    model = """
        from model.helper import VALUE
        from .sibling import OTHER
        import model
        class Model:
            def predict(self, inputs):
                from model import late
                return [VALUE, OTHER, late.WHEN, __name__, model.__name__]
        """
    files = {
        "model/helper.py": "VALUE = 1\n",
        "model/sibling.py": "OTHER = 2\n",
        "model/late.py": "WHEN = 3\n",
    }
    with serving(write_truss(tmp_path, model, files)) as server:
        assert server.predict(None).json() == [1, 2, 3, "model.model", "model"]


def test_other_names_for_module_and_class(tmp_path: Path) -> None:
    files = {
        "src/serving/entry.py": """
            from src.serving import parts
            class Classifier:
                def predict(self, inputs):
                    return [parts.NAME, __name__]
            """,
        "src/serving/parts.py": "NAME = 'part'\n",
    }
    truss = write_truss(
        tmp_path,
        None,
        files,
        model_module_dir="src/serving",
        model_class_filename="entry.py",
        model_class_name="Classifier",
    )
    with serving(truss) as server:
        assert server.predict(None).json() == ["part", "src.serving.entry"]


def test_a_stale_byte_code_cache_is_never_used(tmp_path: Path) -> None:
    """Two edits within a second, of equal length: by time and size the cache looks fresh."""
    old = "class Model:\n    def predict(self, x):\n        return 'old'\n"
    truss = write_truss(tmp_path, old)
    source = truss.root / "model" / "model.py"
    py_compile.compile(str(source), doraise=True)
    stamp = source.stat().st_mtime
    source.write_text(old.replace("old", "new"))
    os.utime(source, (stamp, stamp))
    assert list(truss.root.rglob("*.pyc"))
    with serving(truss) as server:
        assert server.predict(None).json() == "new"


def test_nothing_is_written_into_the_release(tmp_path: Path) -> None:
    model = """
        import subprocess, sys
        import helper_package.part
        class Model:
            def predict(self, inputs):
                code = "import model.model"
                return subprocess.run([sys.executable, "-c", code]).returncode
        """
    files = {"packages/helper_package/part.py": "", "model/__init__.py": ""}
    truss = write_truss(tmp_path, "class Model: ...", files)
    (truss.root / "model" / "model.py").write_text(
        "\n".join(line[8:] for line in model.splitlines())
    )
    (truss.root / "helper_package").symlink_to(truss.root / "packages" / "helper_package")
    before = sorted(truss.root.rglob("*"))
    with serving(truss) as server:
        assert server.predict(None).json() == 0
    assert sorted(truss.root.rglob("*")) == before


def test_what_the_model_prints_is_only_output(tmp_path: Path) -> None:
    model = """
        import logging, os, sys
        print('{"event": "load_failed", "error": {}}')
        class Model:
            def predict(self, inputs):
                os.write(1, b'{"op": "stop"}\\n')
                print("to stderr", file=sys.stderr)
                logging.getLogger("mine").info("logged")
                print("no newline: 漢", end="")
                return 1
        """
    with serving(write_truss(tmp_path, model)) as server:
        assert server.predict(None).status_code == 200
        for text in ('"load_failed"', "to stderr", "INFO mine: logged"):
            assert eventually(lambda text=text: text in server.process.output)
        server.send("drain", timeout=1)
        assert server.process.wait() == 0
        assert "no newline: 漢" in server.process.output
        assert [event["event"] for event in server.seen] == ["booted", "loading", "ready"]


def test_child_processes_of_the_model_do_not_hold_the_channel(tmp_path: Path) -> None:
    model = """
        import multiprocessing, os
        def square(n, answers):
            answers.put([n * n, sorted(os.listdir("/proc/self/fd"))])
        class Model:
            def predict(self, inputs):
                context = multiprocessing.get_context("spawn")
                answers = context.Queue()
                child = context.Process(target=square, args=[inputs, answers])
                child.start()
                result = answers.get()
                child.join()
                return result[0]
        """
    with serving(write_truss(tmp_path, model)) as server:
        assert server.predict(9).json() == 81


def test_the_working_directory_is_the_release(tmp_path: Path) -> None:
    model = """
        import os, sys
        class Model:
            def predict(self, inputs):
                return [os.getcwd(), sys.path[0], sys.path[-1]]
        """
    truss = write_truss(tmp_path, model, bundled_packages_dir="extra")
    root = str(truss.root)
    with serving(truss) as server:
        assert server.predict(None).json() == [root, root, f"{root}/extra"]
    assert sys.path[0] != root
