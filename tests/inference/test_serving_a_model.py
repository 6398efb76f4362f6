"""A model that is loaded: what each kind of `Model` answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from inference_process import PREDICT, serving, write_truss

if TYPE_CHECKING:
    from pathlib import Path

# name -> (model.py, what is sent, what comes back)
MODELS: dict[str, tuple[str, Any, Any]] = {
    "synchronous": (
        """
        class Model:
            def predict(self, inputs):
                return inputs["n"] + 1
        """,
        {"n": 1},
        2,
    ),
    "asynchronous": (
        """
        class Model:
            async def predict(self, inputs):
                return [inputs]
        """,
        "x",
        ["x"],
    ),
    "all three steps, sync and async": (
        """
        class Model:
            def preprocess(self, inputs):
                return inputs + ["pre"]
            async def predict(self, inputs):
                return inputs + ["predict"]
            def postprocess(self, result):
                return result + ["post"]
        """,
        [],
        ["pre", "predict", "post"],
    ),
    "state made in load": (
        """
        class Model:
            def __init__(self, **kwargs):
                self.loaded = None
            def load(self):
                self.loaded = "yes"
            def predict(self, inputs):
                return self.loaded
        """,
        None,
        "yes",
    ),
    "asynchronous load on the serving loop": (
        """
        import asyncio
        class Model:
            async def load(self):
                self.loop = asyncio.get_running_loop()
            async def predict(self, inputs):
                return self.loop is asyncio.get_running_loop()
        """,
        None,
        True,
    ),
    "no inputs": (
        """
        class Model:
            def predict(self):
                return "nothing needed"
        """,
        {"ignored": 1},
        "nothing needed",
    ),
    "the request alone": (
        """
        from starlette.requests import Request
        class Model:
            async def predict(self, request: Request):
                return [request.method, (await request.json())["a"], request.client.host]
        """,
        {"a": "b"},
        ["POST", "b", "127.0.0.1"],
    ),
    "inputs and request, annotated for the type checker only": (
        """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            import fastapi
        class Model:
            async def predict(self, inputs, request: fastapi.Request):
                return [inputs, await request.json(), await request.is_disconnected()]
        """,
        7,
        [7, 7, False],
    ),
    "a method bound in load": (
        """
        class Model:
            def load(self):
                self.predict = lambda inputs: inputs * 2
            def predict(self, inputs):
                raise RuntimeError("not loaded")
        """,
        21,
        42,
    ),
    "numpy results": (
        """
        import numpy
        class Model:
            def predict(self, inputs):
                a = numpy.array(inputs)
                return {"a": a, "max": a.max(), "mean": a.mean(), "any": (a > 1).any()}
        """,
        [1, 2, 3],
        {"a": [1, 2, 3], "max": 3, "mean": 2.0, "any": True},
    ),
    "text that is no ASCII": (
        """
        class Model:
            def predict(self, inputs):
                print("gedruckt: ü 漢")
                return inputs + "é"
        """,
        "ü",
        "üé",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_predict(name: str, tmp_path: Path) -> None:
    model, payload, expected = MODELS[name]
    with serving(write_truss(tmp_path, model)) as server:
        response = server.predict(payload)
        assert (response.status_code, response.json()) == (200, expected)
        assert response.headers["content-type"] == "application/json"


def test_what_the_constructor_is_given(tmp_path: Path) -> None:
    model = """
        import os, pathlib
        class Model:
            def __init__(self, config, data_dir, secrets, lazy_data_resolver, environment):
                assert isinstance(data_dir, pathlib.Path)
                lazy_data_resolver.block_until_download_complete()
                self.seen = [config["model_name"], (data_dir / "x.txt").read_text(),
                             secrets["key"], environment, open("data/x.txt").read()]
            def predict(self, inputs):
                return self.seen
        """
    truss = write_truss(
        tmp_path, model, {"data/x.txt": "data"}, model_name="m", secrets={"key": "from config"}
    )
    with serving(truss) as server:
        assert server.predict(None).json() == ["m", "data", "from config", None, "data"]


OPENAI = """
    class Model:
        def predict(self, inputs):
            return "predict"
        def chat_completions(self, inputs):
            return {"chat": inputs}
        async def embeddings(self, inputs):
            return {"embedding": inputs}
        def messages(self, inputs):
            yield "data: one\\n\\n"
            yield "data: two\\n\\n"
    """


def test_openai_style_methods(tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, OPENAI)) as server:
        assert server.http.post("/v1/chat/completions", json=1).json() == {"chat": 1}
        assert server.http.post("/v1/embeddings", json=2).json() == {"embedding": 2}
        events = server.http.post("/v1/messages", json=3, headers={"accept": "text/event-stream"})
        assert events.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert events.text == "data: one\n\ndata: two\n\n"
        missing = server.http.post("/v1/responses", json=4)
        assert missing.status_code == 404
        assert missing.json() == {"error": "The model does not implement `responses`."}
        assert missing.headers["x-baseten-error-code"] == "700"


def test_routes_beside_predict(tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, OPENAI)) as server:
        http = server.http
        assert http.get("/").json() is True
        assert (http.get("/v1/models/model").status_code, http.get("/ping").status_code) == (
            200,
            200,
        )
        assert http.get("/v1/models/model/loaded").json() == {}
        assert http.get("/v1/models/model/schema").status_code == 404
        assert http.post("/invocations", json=1).json() == "predict"
        assert http.post("/v1/models/model:predict_binary", json=1).json() == "predict"
        assert 'endpoint="predict",status="200"' in http.get("/metrics").text
        wrong = http.get(PREDICT)
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
        assert http.get("/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("is_healthy", "status"),
    [
        ("return True", 200),
        ("return False", 503),
        ("raise ValueError('sick')", 503),
    ],
)
def test_is_healthy_decides_about_health(is_healthy: str, status: int, tmp_path: Path) -> None:
    model = f"""
        class Model:
            def predict(self, inputs):
                return 1
            def is_healthy(self):
                {is_healthy}
        """
    with serving(write_truss(tmp_path, model)) as server:
        assert server.http.get("/v1/models/model").status_code == status
        assert server.http.get("/v1/models/model/loaded").status_code == 200
