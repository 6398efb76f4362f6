"""The limit on predicts, and clients that leave before they are answered."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from inference_process import PREDICT, eventually, serving, write_truss

if TYPE_CHECKING:
    from pathlib import Path

    from inference_process import Managed

COUNTING = """
    import asyncio, threading, time
    lock = threading.Lock()
    now = {"preprocess": 0, "predict": 0}
    most = {"preprocess": 0, "predict": 0}

    def enter(step):
        with lock:
            now[step] += 1
            most[step] = max(most[step], now[step])

    class Model:
        def preprocess(self, inputs):
            enter("preprocess")
            barrier.wait(60)
            now["preprocess"] -= 1
            return inputs
        STEP
        def is_healthy(self):
            print(most)
            return most["predict"] <= LIMIT
    barrier = threading.Barrier(4)
    """
STEPS = {
    "sync": """def predict(self, inputs):
            enter("predict")
            while most["predict"] < LIMIT:
                time.sleep(0.001)
            time.sleep(0.05)
            now["predict"] -= 1
            return inputs""",
    "async": """async def predict(self, inputs):
            enter("predict")
            while most["predict"] < LIMIT:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.05)
            now["predict"] -= 1
            return inputs""",
    "stream": """async def predict(self, inputs):
            enter("predict")
            yield "a"
            while most["predict"] < LIMIT:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.05)
            yield "b"
            now["predict"] -= 1""",
}


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("limit", [1, 2])
def test_predict_concurrency_limits_predict_alone(kind: str, limit: int, tmp_path: Path) -> None:
    model = COUNTING.replace("STEP", STEPS[kind]).replace("LIMIT", str(limit))
    truss = write_truss(tmp_path, model, runtime={"predict_concurrency": limit})
    with serving(truss) as server, ThreadPoolExecutor(4) as clients:
        # The barrier opens only when four requests are in preprocess at once.
        answers = list(clients.map(server.predict, range(4)))
        assert {answer.status_code for answer in answers} == {200}
        assert server.http.get("/v1/models/model").status_code == 200
        assert f"'predict': {limit}" in server.process.output


LEAVING = """
    import asyncio, pathlib, time
    class Model:
        async def preprocess(self, inputs):
            self.steps = ["preprocess"]
            return inputs
        async def predict(self, inputs):
            self.steps.append("predict")
            if inputs == "quick":
                return self.steps
            print("at work", flush=True)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                print("cancelled", flush=True)
                raise
        def completions(self, inputs):
            print("in a thread", flush=True)
            while not pathlib.Path(inputs).exists():
                time.sleep(0.01)
            print("thread done", flush=True)
        def chat_completions(self, inputs):
            raise asyncio.CancelledError
    """


def leave_after(server: Managed, path: str, payload: object, text: str) -> None:
    """Sends a request and leaves once the model has printed `text`."""
    body = json.dumps(payload)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(server.socket_path)
        head = f"POST {path} HTTP/1.1\r\nhost: model\r\ncontent-length: {len(body)}\r\n\r\n"
        client.sendall((head + body).encode())
        assert eventually(lambda: text in server.process.output)


def test_asynchronous_work_is_cancelled_when_the_client_leaves(tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, LEAVING)) as server:
        leave_after(server, PREDICT, "forever", "at work")
        assert eventually(lambda: "cancelled" in server.process.output)
        # Its place in the limit (1) is free again.
        assert server.predict("quick").json() == ["preprocess", "predict"]
        metrics = server.http.get("/metrics").text
        assert 'endpoint="predict",status="499"' in metrics


def test_a_thread_is_left_to_finish(tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, LEAVING)) as server:
        gate = tmp_path / "gate"
        leave_after(server, "/v1/completions", str(gate), "in a thread")
        gate.touch()
        assert eventually(lambda: "thread done" in server.process.output)
        assert server.predict("quick").status_code == 200


def test_a_cancellation_of_the_models_own_is_its_failure(tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, LEAVING)) as server:
        response = server.http.post("/v1/chat/completions", json=1)
        assert response.status_code == 500
        assert server.event("predict_error")["error"]["type"] == "CancelledError"


def test_who_waits_for_a_place_and_leaves_is_not_served(tmp_path: Path) -> None:
    model = """
        import pathlib, time
        class Model:
            def predict(self, inputs):
                print("predict", inputs["name"], flush=True)
                while not pathlib.Path(inputs["gate"]).exists():
                    time.sleep(0.01)
                return inputs["name"]
            def preprocess(self, inputs):
                print("preprocess", inputs["name"], flush=True)
                return inputs
        """
    gate = tmp_path / "gate"
    with serving(write_truss(tmp_path, model)) as server, ThreadPoolExecutor(1) as first:
        answer = first.submit(server.predict, {"name": "first", "gate": str(gate)})
        eventually(lambda: "predict first" in server.process.output)
        second = {"name": "second", "gate": str(gate)}
        leave_after(server, PREDICT, second, "preprocess second")
        assert eventually(lambda: 'status="499"' in server.http.get("/metrics").text)
        gate.touch()
        assert answer.result().json() == "first"
        assert server.predict({"name": "third", "gate": str(gate)}).json() == "third"
        assert "predict second" not in server.process.output
