"""How the process starts, drains and ends, whatever the user's code does meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from inference_process import (
    BOOT,
    PREDICT,
    booted,
    eventually,
    is_up,
    plain,
    serving,
    write_truss,
)

if TYPE_CHECKING:
    from pathlib import Path

TRIVIAL = """
    class Model:
        def predict(self, inputs):
            return inputs
    """
HANGS = """
    import threading
    class Model:
        def load(self):
            threading.Event().wait()
        def predict(self, inputs):
            return inputs
    """
GATED = """
    import pathlib, time
    class Model:
        def predict(self, inputs):
            here = pathlib.Path(inputs)
            (here / "begun").touch()
            while not (here / "go").exists():
                time.sleep(0.01)
            return "done"
    """


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123  # proc, not a document
        return ") Z " not in stat.read()


def test_it_listens_and_says_503_while_nothing_is_loaded() -> None:
    with booted() as server:
        assert server.http.get("/").status_code == 200
        response = server.predict(1)
        assert response.status_code == 503
        assert response.json() == {"error": "Model with name model is not ready."}
        assert response.headers["x-baseten-error-code"] == "600"
        assert server.http.get("/v1/models/model").status_code == 503
        assert server.http.get("/v1/models/other/loaded").status_code == 503


def test_ready_says_how_long_and_what(tmp_path: Path) -> None:
    with booted() as server:
        server.load(write_truss(tmp_path, TRIVIAL))
        ready = server.event("ready")
        assert [event["event"] for event in server.seen] == ["booted", "loading", "ready"]
        assert ready["methods"] == ["predict"]
        assert 0 < ready["load_seconds"] < 30


def test_what_makes_no_sense_on_the_channel_is_logged_and_passed_over(tmp_path: Path) -> None:
    truss = write_truss(tmp_path, TRIVIAL)
    with booted() as server:
        server.control.sendall(b"no json\n[]\n")
        server.send("dance")
        server.send("load", release_dir="but no config")
        server.send("drain", timeout="soon")
        server.load(truss)
        server.event("ready")
        server.load(truss)
        assert server.predict(5).json() == 5
        assert eventually(lambda: "a process loads only one" in server.process.output)
        assert "'dance' is not known" in server.process.output
        assert "'load' is not complete: KeyError 'config_file'" in server.process.output
        assert "'drain' is not complete: ValueError" in server.process.output


@pytest.mark.parametrize("model", [TRIVIAL, HANGS], ids=["loaded", "load hangs"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(model: str, number: int, tmp_path: Path) -> None:
    with booted() as server:
        server.load(write_truss(tmp_path, model))
        server.event("ready" if model is TRIVIAL else "loading")
        os.kill(server.process.popen.pid, number)
        server.event("drained")
        assert server.process.wait() == 0


def test_drain_finishes_the_request_at_work(tmp_path: Path) -> None:
    answers: list[httpx.Response] = []
    with serving(write_truss(tmp_path, GATED)) as server:
        client = threading.Thread(target=lambda: answers.append(server.predict(str(tmp_path))))
        client.start()
        eventually((tmp_path / "begun").exists)
        server.send("drain", timeout=20)
        (tmp_path / "go").touch()
        server.event("drained")
        client.join()
        assert answers[0].json() == "done"
        assert server.process.wait() == 0


def test_drain_gives_up_after_its_timeout(tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, GATED)) as server:
        failures: list[Exception] = []

        def ask() -> None:
            try:
                server.predict(str(tmp_path)).raise_for_status()
            except httpx.HTTPError as exc:
                failures.append(exc)

        client = threading.Thread(target=ask)
        client.start()
        eventually((tmp_path / "begun").exists)
        server.send("drain", timeout=0.1)
        assert server.process.wait() == 0  # although the thread never returns
        client.join()
        assert len(failures) == 1
        assert "CancelledError" not in server.process.output  # no failure of the model's


def test_stop_ends_it_at_once(tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, HANGS.replace("load(self)", "other(self)"))) as server:
        server.send("stop")
        assert server.process.wait() == 0


WITH_CHILD = """
    import os, subprocess, sys, time
    class Model:
        def load(self):
            self.child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        async def predict(self, inputs):
            if inputs == "block":
                print("blocking", flush=True)
                time.sleep(600)
            return self.child.pid
    """


@pytest.mark.parametrize("blocked", [False, True], ids=["idle", "event loop blocked"])
def test_without_its_parent_it_ends_with_its_children(blocked: bool, tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, WITH_CHILD)) as server:
        child = server.predict("pid").json()
        if blocked:
            blocker = threading.Thread(target=_ignore_failure, args=[server.http, "block"])
            blocker.start()
            eventually(lambda: "blocking" in server.process.output)
        server.control.shutdown(2)  # what the kernel does when the control plane is killed
        assert server.process.wait() == -signal.SIGKILL
        assert eventually(lambda: not exists(child))
        if blocked:
            blocker.join()


def _ignore_failure(http: httpx.Client, payload: str) -> None:
    with pytest.raises(httpx.TransportError):
        http.post(PREDICT, json=payload)


def test_user_code_that_ends_the_process_ends_it(tmp_path: Path) -> None:
    model = """
        import os
        class Model:
            def predict(self, inputs):
                print("last words")
                os._exit(7)
        """
    with serving(write_truss(tmp_path, model)) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            server.predict(None)
        assert server.process.wait() == 7
        assert "last words" in server.process.output


def test_threads_and_exit_handlers_of_the_model(tmp_path: Path) -> None:
    model = """
        import atexit, threading, time
        class Model:
            def load(self):
                atexit.register(print, "cleaned up")
                threading.Thread(target=time.sleep, args=[600], daemon=True).start()
            def predict(self, inputs):
                threading.Thread(target=time.sleep, args=[600]).start()
                return inputs
        """
    with serving(write_truss(tmp_path, model)) as server:
        server.send("drain", timeout=1)
        assert server.process.wait() == 0
        assert "cleaned up" in server.process.output
    with serving(write_truss(tmp_path, model)) as server:
        server.predict("a thread that never ends")
        server.send("drain", timeout=0)
        assert server.process.wait() == 0  # not held up for long


def test_children_the_model_left_behind_end_with_a_drained_process(tmp_path: Path) -> None:
    with serving(write_truss(tmp_path, WITH_CHILD)) as server:
        child = server.predict("pid").json()
        server.send("drain", timeout=1)
        server.event("drained")
        assert server.process.wait() == 0
        assert eventually(lambda: not exists(child))


def test_a_model_that_takes_over_signals_still_drains(tmp_path: Path) -> None:
    model = """
        import signal
        class Model:
            async def load(self):
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            def predict(self, inputs):
                return inputs
        """
    with serving(write_truss(tmp_path, model)) as server:
        server.send("drain", timeout=1)
        server.event("drained")
        assert server.process.wait() == 0


def test_an_incomplete_environment_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", BOOT, "--plain", "--release-dir", "x", "--config-file", "y"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("control-truss: the inference environment is incomplete: No ")


def test_plain_mode_serves_and_ends_at_sigterm(tmp_path: Path) -> None:
    model = """
        import os
        class Model:
            def predict(self, inputs):
                return [os.environ["FROM_CONFIG"], os.environ["GIVEN"]]
        """
    variables = {"FROM_CONFIG": "c", "GIVEN": "not this"}
    truss = write_truss(tmp_path, model, environment_variables=variables)
    with plain(truss, GIVEN="g") as (process, url):
        eventually(lambda: is_up(url, "/v1/models/model"))
        assert httpx.post(url + PREDICT, json=1).json() == ["c", "g"]
        process.popen.terminate()
        assert process.wait() == 0


def test_plain_mode_answers_503_while_load_runs(tmp_path: Path) -> None:
    with plain(write_truss(tmp_path, HANGS)) as (process, url):
        eventually(lambda: is_up(url))
        assert httpx.post(url + PREDICT, json=1).status_code == 503
        process.popen.terminate()
        assert process.wait() == 0


def test_plain_mode_logs_a_failed_load_and_ends(tmp_path: Path) -> None:
    with plain(write_truss(tmp_path, "import nothing_like_this")) as (process, _):
        assert process.wait() == 1
        assert 'File "model/model.py", line 1, in <module>' in process.output
        assert "No module named 'nothing_like_this'" in process.output


def test_plain_mode_says_when_the_port_is_taken(tmp_path: Path) -> None:
    truss = write_truss(tmp_path, TRIVIAL)
    with plain(truss) as (_, url):
        eventually(lambda: is_up(url))
        with plain(truss, "--port", url.rpartition(":")[2]) as (second, _):
            assert second.wait() == 1
            assert "cannot be listened on" in second.output
