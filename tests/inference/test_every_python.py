"""The same answers under every interpreter a Truss may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inference_environments import OLDEST, VERSIONS, environment
from inference_process import booted, write_truss
from websockets.sync.client import unix_connect

if TYPE_CHECKING:
    from pathlib import Path

MODEL = """
    from typing import Optional
    import sys
    from fastapi import HTTPException, Request
    from pydantic import BaseModel
    from packages_of_mine import add

    class Input(BaseModel):
        number: int
        text: Optional[str] = None

    class Output(BaseModel):
        total: int
        version: str

    class Model:
        def preprocess(self, inputs: Input) -> int:
            return inputs.number
        async def predict(self, number: int, request: Request):
            if number == 0:
                raise HTTPException(418, "zero")
            if number < 0:
                raise ValueError("negative")
            return add(number, 1)
        def postprocess(self, total) -> Output:
            return Output(total=total, version="%d.%d" % sys.version_info[:2])
        def completions(self, inputs):
            for n in range(inputs):
                yield str(n)
        async def chat_completions(self, inputs):
            for n in range(inputs):
                yield str(n)
    """
SOCKET = """
    class Model:
        async def websocket(self, websocket):
            await websocket.send_text((await websocket.receive_text()).upper())
    """


@pytest.mark.parametrize("version", [*VERSIONS, OLDEST])
def test_a_model_under(version: str, environments: Path, tmp_path: Path) -> None:
    python = environment(version, environments)
    files = {"packages/packages_of_mine.py": "def add(a, b):\n    return a + b\n"}
    with booted(python) as server:
        server.load(write_truss(tmp_path, MODEL, files))
        server.event("ready")
        assert server.predict({"number": 2}).json() == {"total": 3, "version": version.split()[0]}
        wrong = server.predict({"number": "two"})
        assert wrong.status_code == 400
        assert wrong.json()["error"].startswith("Input Parsing Error: 1 validation error")
        assert server.predict({"number": 0}).json() == {"error": "zero"}
        assert server.predict({"number": -1}).status_code == 500
        error = server.event("predict_error")["error"]
        assert (error["path"], error["line"]) == ("model/model.py", 23)
        schema = server.http.get("/v1/models/model/schema").json()
        assert schema["input_schema"]["properties"]["number"] == {
            "title": "Number",
            "type": "integer",
        }
        assert server.http.post("/v1/completions", json=3).text == "012"
        assert server.http.post("/v1/chat/completions", json=3).text == "012"
        server.send("drain", timeout=5)
        server.event("drained")
        assert server.process.wait() == 0
        assert "Deprecat" not in server.process.output


@pytest.mark.parametrize("version", [*VERSIONS, OLDEST])
def test_a_websocket_and_a_failure_under(version: str, environments: Path, tmp_path: Path) -> None:
    python = environment(version, environments)
    with booted(python) as server:
        server.load(write_truss(tmp_path, SOCKET))
        server.event("ready")
        with unix_connect(server.socket_path, "ws://model/v1/websocket") as socket:
            socket.send("loud")
            assert socket.recv() == "LOUD"
    with booted(python) as server:
        server.load(write_truss(tmp_path / "broken", "class Model\n"))
        error = server.event("load_failed")["error"]
        assert (error["type"], error["path"], error["line"]) == (
            "SyntaxError",
            "model/model.py",
            1,
        )
        assert server.process.wait() == 1
