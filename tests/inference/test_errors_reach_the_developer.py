"""Every failure of the user's code is reported with its place; clients get one shape of answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from inference_process import PREDICT, booted, serving, write_truss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference_process import Managed

FAILING = """\
import json
import sys
from fastapi import HTTPException
from starlette.responses import JSONResponse
from packages_of_mine.deep import dig

class Broken(Exception):
    def __str__(self):
        raise RuntimeError

class Model:
    def __init__(self, secrets):
        self.secrets = secrets
    def predict(self, inputs):
        return getattr(self, inputs)()
    def raises(self):
        raise ValueError("no such thing")
    def in_a_package(self):
        dig()
    def in_a_library(self):
        json.loads("{")
    def chained(self):
        try:
            dig()
        except KeyError as exc:
            raise RuntimeError("after digging") from exc
    def exits(self):
        sys.exit(3)
    def stops(self):
        raise StopIteration("odd")
    def interrupts(self):
        raise KeyboardInterrupt
    def without_text(self):
        raise Broken
    def long_chain(self):
        error = None
        for number in range(3000):
            try:
                raise ValueError(number) from error
            except ValueError as exc:
                error = exc
        raise error
    def recurses(self):
        return self.recurses()
    def no_json(self):
        return object()
    def secret(self):
        return self.secrets["undeclared"]
    def refuses(self):
        raise HTTPException(422, "cannot do that", headers={"X-Why": "because"})
    def refuses_in_words(self):
        raise HTTPException(422, "no", headers={"X-Why": "Größe → 3"})
    def answers_itself(self):
        return JSONResponse({"mine": 1}, 409)
    def opens(self):
        open(__file__ + ".txt")
"""
DEEP = """\
def dig():
    return {}["treasure"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Managed]:
    directory = tmp_path_factory.mktemp("errors")
    files = {"packages/packages_of_mine/deep.py": DEEP}
    with serving(write_truss(directory, FAILING, files)) as managed:
        yield managed


NO_FILE = "[Errno 2] No such file or directory: 'model/model.py.txt'"
# method -> type, message, file, line of the user's own deepest frame
PLACES = [
    ("raises", "ValueError", "no such thing", "model/model.py", 17),
    ("in_a_package", "KeyError", "'treasure'", "packages/packages_of_mine/deep.py", 2),
    ("in_a_library", "JSONDecodeError", "Expecting property name", "model/model.py", 21),
    ("chained", "RuntimeError", "after digging", "model/model.py", 26),
    ("exits", "SystemExit", "the code called sys.exit(3)", "model/model.py", 28),
    ("stops", "StopIteration", "odd", "model/model.py", 30),
    ("interrupts", "KeyboardInterrupt", "", "model/model.py", 32),
    ("without_text", "Broken", "<no message", "model/model.py", 34),
    ("long_chain", "ValueError", "2999", "model/model.py", 39),
    ("recurses", "RecursionError", "maximum recursion depth", "model/model.py", 44),
    ("opens", "FileNotFoundError", NO_FILE, "model/model.py", 56),
    ("refuses_in_words", "ValueError", "the header 'X-Why' of an HTTPE", "model/model.py", 52),
    ("secret", "SecretNotFound", "Secret 'undeclared' is not declared", "model/model.py", 48),
]


@pytest.mark.parametrize(("method", "kind", "message", "path", "line"), PLACES)
def test_an_exception_in_predict(
    method: str, kind: str, message: str, path: str, line: int, server: Managed
) -> None:
    response = server.predict(method)
    assert response.status_code == 500
    assert response.json() == {"error": "Internal Server Error (in model/chainlet)."}
    assert response.headers["x-baseten-error-source"] == "04"
    assert response.headers["x-baseten-error-code"] == "600"
    error = server.event("predict_error")["error"]
    assert response.headers["x-control-truss-error-id"] == error["id"]
    assert (error["phase"], error["type"], error["path"], error["line"]) == (
        "predict",
        kind,
        path,
        line,
    )
    assert error["message"].startswith(message)
    assert server.predict("raises").status_code == 500  # it goes on serving
    server.event("predict_error")


def test_the_traceback_holds_the_users_frames_only(server: Managed) -> None:
    server.predict("chained")
    text = server.event("predict_error")["error"]["traceback"]
    assert text.splitlines()[:2] == [
        "Traceback (most recent call last):",
        '  File "model/model.py", line 24, in chained',
    ]
    assert 'File "packages/packages_of_mine/deep.py", line 2, in dig' in text
    assert "direct cause" in text
    assert "control_truss_inference" not in text
    assert text.endswith("RuntimeError: after digging")
    server.predict("in_a_library")
    error = server.event("predict_error")["error"]
    assert "json/decoder.py" in error["traceback"]  # where the library raised
    assert [frame["function"] for frame in error["frames"]] == ["predict", "in_a_library"]


def test_the_log_shows_the_same_traceback(server: Managed) -> None:
    server.predict("raises")
    error = server.event("predict_error")["error"]
    assert f"(error {error['id']})" in server.process.output
    assert error["traceback"] in server.process.output


def test_a_result_that_is_no_json_names_its_type(server: Managed) -> None:
    assert server.predict("no_json").status_code == 500
    error = server.event("predict_error")["error"]
    assert "returned object, which JSON cannot carry" in error["message"]
    assert (error["path"], error["line"]) == ("model/model.py", 14)  # `def predict`


def test_answers_the_model_chooses(server: Managed) -> None:
    refused = server.predict("refuses")
    assert (refused.status_code, refused.json()) == (422, {"error": "cannot do that"})
    assert refused.headers["x-why"] == "because"
    assert refused.headers["x-baseten-error-code"] == "600"
    own = server.predict("answers_itself")
    assert (own.status_code, own.json()) == (409, {"mine": 1})
    assert own.headers["x-baseten-error-code"] == "700"


@pytest.mark.parametrize(
    ("body", "content_type", "beginning"),
    [
        (b'{"a": ', "application/json", "Invalid JSON payload: Expecting value"),
        (b"", "application/json", "Invalid JSON payload: Expecting value"),
        (b"\xff\xfe\xff", "application/json", "Invalid JSON payload: "),
        (b"[" * 100_000, "application/json", "Invalid JSON payload: "),
        (b"\xc1", "application/octet-stream", "Invalid MessagePack payload: "),
    ],
)
def test_a_body_that_cannot_be_read(
    body: bytes, content_type: str, beginning: str, server: Managed
) -> None:
    response = server.http.post(PREDICT, content=body, headers={"content-type": content_type})
    assert response.status_code == 400
    assert response.json()["error"].startswith(beginning)
    assert response.headers["x-baseten-error-code"] == "700"


# model.py -> what the report of the failed load says
LOAD_FAILURES: dict[str, tuple[str | None, dict[str, Any]]] = {
    "syntax error": (
        "class Model:\n    def predict(self, inputs)\n        return 1\n",
        {"phase": "import", "type": "SyntaxError", "path": "model/model.py", "line": 2},
    ),
    "null byte": (
        "class Model:\n    x = '\0'\n",
        {"phase": "import", "type": "SyntaxError", "path": "model/model.py"},
    ),
    "import error": (
        "import os\nimport no_such_package\n",
        {
            "phase": "import",
            "type": "ModuleNotFoundError",
            "message": "No module named 'no_such_package'",
            "path": "model/model.py",
            "line": 2,
        },
    ),
    "no file": (None, {"phase": "import", "type": "ModelDefinitionError", "line": 1}),
    "no class": ("x = 1\n", {"type": "ModelDefinitionError", "path": "model/model.py"}),
    "no predict": (
        "\nclass Model:\n    pass\n",
        {
            "phase": "load",
            "message": "The model must have a `predict` or a `websocket` method.",
            "path": "model/model.py",
            "line": 2,
        },
    ),
    "unknown constructor argument": (
        "class Model:\n    def __init__(self, model_path):\n        pass\n",
        {"phase": "load", "type": "ModelDefinitionError", "line": 2},
    ),
    "constructor raises": (
        "class Model:\n    def __init__(self):\n        1 / 0\n",
        {"phase": "load", "type": "ZeroDivisionError", "line": 3},
    ),
    "load raises": (
        "class Model:\n  def load(self):\n    raise OSError('disk')\n  def predict(self): ...\n",
        {"phase": "load", "type": "OSError", "message": "disk", "line": 3},
    ),
    "load exits": (
        "import sys\nclass Model:\n  def load(self): sys.exit()\n  def predict(self): ...\n",
        {"phase": "load", "type": "SystemExit", "line": 3},
    ),
    "load is interrupted": (
        "class Model:\n  def load(self): raise KeyboardInterrupt\n  def predict(self): ...\n",
        {"phase": "load", "type": "KeyboardInterrupt", "line": 2},
    ),
    "module exits": ("raise SystemExit('why')\n", {"phase": "import", "line": 1}),
}


@pytest.mark.parametrize("name", LOAD_FAILURES)
def test_a_load_that_fails(name: str, tmp_path: Path) -> None:
    model, expected = LOAD_FAILURES[name]
    with booted() as server:
        server.load(write_truss(tmp_path, model))
        error = server.event("load_failed")["error"]
        assert {key: error[key] for key in expected} == expected
        assert server.process.wait() == 1
        assert "Loading the model failed." in server.process.output


@pytest.mark.parametrize("broken", ["model.py", "part.py"])
def test_a_syntax_error_tells_nothing_about_how_files_are_imported(
    broken: str, tmp_path: Path
) -> None:
    truss = write_truss(tmp_path, "import importlib\nimportlib.import_module('model.part')\n")
    (truss.root / "model" / broken).write_text("def load(self)\n")
    with booted() as server:
        server.load(truss)
        error = server.event("load_failed")["error"]
        assert "importlib._bootstrap" not in error["traceback"]
        assert "in import_module" not in error["traceback"]
        assert f'File "model/{broken}", line 1' in error["traceback"]
        assert error["path"] == f"model/{broken}"


@pytest.mark.parametrize(
    ("kind", "wait"),
    [("", "threading.Event().wait()"), ("async ", "time.sleep(600)")],
    ids=["in its thread", "blocking the event loop"],
)
def test_a_load_that_does_not_return_is_given_up_where_it_is(
    kind: str, wait: str, tmp_path: Path
) -> None:
    model = f"""\
        import threading, time
        class Model:
            {kind}def load(self):
                self.connect()
            def connect(self):
                {wait}
            def predict(self): ...
        """
    with booted() as server:
        server.load(write_truss(tmp_path, model), timeout=2)  # time enough to get there
        error = server.event("load_failed")["error"]
        assert error["message"].startswith("load() did not return within 2 s")
        assert (error["type"], error["phase"]) == ("TimeoutError", "load")
        assert (error["path"], error["line"]) == ("model/model.py", 6)
        assert [frame["function"] for frame in error["frames"]] == ["load", "connect"]
        assert server.process.wait() == 1


def test_a_load_within_its_limit_is_left_alone(tmp_path: Path) -> None:
    model = "class Model:\n    def predict(self, x): return x\n"
    with serving(write_truss(tmp_path, model), timeout=20) as server:
        assert server.predict(1).json() == 1


def test_a_release_that_is_not_there(tmp_path: Path) -> None:
    truss = write_truss(tmp_path, None)
    with booted() as server:
        server.send("load", release_dir="/nowhere", config_file=str(truss.config_file))
        message = server.event("load_failed")["error"]["message"]
        assert message == "The release directory /nowhere does not exist."


def test_a_control_plane_that_reads_nothing_holds_up_nobody(tmp_path: Path) -> None:
    model = """
        class Model:
            def predict(self, inputs):
                raise ValueError("x" * 7000)
        """
    with serving(write_truss(tmp_path, model)) as server:
        statuses = {server.predict(None).status_code for _ in range(400)}
        assert statuses == {500}
