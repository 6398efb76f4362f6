"""Hot patches of a running control plane: what is asked, what it answers, who serves."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from running_plane import PREDICT, RunningPlane, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODEL = "model/model.py"
CLIENTS = 8


def counting(word: str, helper: str = "1") -> str:
    """A model that tells its word, how often it was loaded, and in which process."""
    return (
        "import os\n"
        "LOADS = []\n"
        "def helper():\n"
        f"    return {helper}\n"
        "class Model:\n"
        "    def load(self):\n"
        "        LOADS.append(1)\n"
        "    def predict(self, request):\n"
        f"        return [{word!r}, len(LOADS), os.getpid(), helper()]\n"
    )


@pytest.fixture
def plane(new_plane: Callable[..., RunningPlane]) -> RunningPlane:
    return new_plane({MODEL: counting("old")}).start("--settle", "never")


def test_predict_edited_is_hot(plane: RunningPlane) -> None:
    old = plane.predict()
    answer = plane.patch({MODEL: counting("new", helper="2")}).json()
    assert (answer["strategy"], answer["title"]) == ("S1", "hot swap")
    assert plane.predict() == ["new", *old[1:3], 2], "the same process, loaded once"
    assert {"swap", "commit", "switch", "total"} <= set(answer["timings_ms"])
    status = plane.status()
    assert (status["settled"], status["hot_patches"], status["settle_error"]) == (False, 1, None)
    assert status["patches"][-1]["strategy"] == "S1"


def test_load_edited_is_not(plane: RunningPlane) -> None:
    old = plane.predict()
    new = counting("new").replace("LOADS.append(1)", "LOADS.append(1); LOADS.append(2)")
    assert plane.patch({MODEL: new}).json()["strategy"] == "S2"
    answer = plane.predict()
    assert (answer[:2], answer[2] != old[2]) == (["new", 2], True)
    assert plane.status()["settled"]


def test_what_lives_may_forbid_it(plane: RunningPlane) -> None:
    """The plan sees no instance; the process does, says so, and is replaced."""
    kept = "class Helper:\n    def word(self):\n        return {word!r}\n"
    using = (
        "        main = threading.main_thread()\n"
        "        main.kept = getattr(main, 'kept', None) or Helper()\n"
        "        return [main.kept.word()]\n"
    )
    text = f"import threading\n{kept}class Model:\n    def predict(self, request):\n{using}"
    plane.reset({MODEL: text.format(word="old")})
    assert plane.predict() == ["old"]
    answer = plane.patch({MODEL: text.format(word="new")}).json()
    assert answer["strategy"] == "S2"
    assert plane.predict() == ["new"]


FAILING = {
    "a name that is missing": "    x = no_such_name\n",
    "an import that is missing": "    import no_such_module\n",
    "a contract that is broken": "    predict = 3\n",
}


@pytest.mark.parametrize("failing", FAILING)
def test_code_that_fails_changes_nothing(plane: RunningPlane, failing: str) -> None:
    old = plane.predict()
    before = plane.hash()
    response = plane.patch({MODEL: counting("new") + FAILING[failing]})
    assert response.status_code == 422
    assert response.json()["type"] == "patch_failed_recoverable"
    assert response.json()["model_error"]["path"] == MODEL
    assert (plane.predict(), plane.hash()) == (old, before)
    assert plane.patch({MODEL: counting("fixed")}).json()["strategy"] == "S1"
    assert plane.predict()[0] == "fixed"


def test_reload_can_be_asked_for(plane: RunningPlane) -> None:
    old = plane.predict()
    answer = plane.patch({MODEL: counting("new")}, strategy="reload").json()
    assert answer["strategy"] == "S2"
    assert plane.predict()[2] != old[2]


def test_an_error_after_a_hot_patch_names_the_line_of_the_new_file(plane: RunningPlane) -> None:
    plane.predict()
    text = "# one more line\n" + counting("new", helper="1 / 0")
    assert plane.patch({MODEL: text}).json()["strategy"] == "S1"
    assert plane.post(PREDICT, json={}).status_code == 500
    error = until(lambda: plane.status()["last_error"], "the error")
    assert (error["path"], error["line"]) == (MODEL, 5)


def test_a_process_that_dies_comes_back_with_the_patched_version(plane: RunningPlane) -> None:
    plane.predict()
    assert plane.patch({MODEL: counting("new")}).json()["strategy"] == "S1"
    pid = plane.predict()[2]
    os.kill(pid, signal.SIGKILL)
    # What reaches it while it dies is lost with it.
    until(lambda: not Path(f"/proc/{pid}").exists(), "its end")
    assert plane.predict()[:2] == ["new", 1]


def test_after_a_restart_of_the_control_plane(plane: RunningPlane) -> None:
    plane.predict()
    plane.patch({MODEL: counting("new")})
    live = plane.hash()
    plane.kill()
    plane.start("--settle", "never")
    assert (plane.predict()[0], plane.hash()) == ("new", live)


@pytest.fixture
def clients(plane: RunningPlane) -> Iterator[list[list[Any]]]:
    """Closed loops of requests, and what each of them was answered so far."""
    stop, seen = threading.Event(), [[] for _ in range(CLIENTS)]  # type: ignore[var-annotated] # lists to fill

    def ask(answers: list[Any]) -> None:
        with plane.client() as client:
            while not stop.is_set():
                response = client.post(PREDICT, json={})
                answers.append((response.status_code, response.text))

    plane.predict()
    threads = [threading.Thread(target=ask, args=[answers]) for answers in seen]
    for thread in threads:
        thread.start()
    yield seen
    stop.set()
    for thread in threads:
        thread.join()


def later(answers: list[Any], before: int) -> list[Any]:
    """What was answered after the first `before` answers and one more, which may belong to a
    request that was sent before the patch was answered."""
    until(lambda: len(answers) > before + 1, "more answers")
    return answers[before + 1 :]


def test_under_load_nothing_fails_and_nothing_old_is_answered_after_done(
    plane: RunningPlane, clients: list[list[Any]]
) -> None:
    for number in range(10):
        word = f"version {number}"
        assert plane.patch({MODEL: counting(word)}).json()["strategy"] == "S1"
        begun = [len(answers) for answers in clients]
        assert plane.predict()[0] == word
        for answers, before in zip(clients, begun, strict=True):
            assert all(word in text for _, text in later(answers, before))
    assert {status for answers in clients for status, _ in answers} == {200}


def test_a_client_that_waits_is_answered_by_the_version_it_was_sent_to(
    plane: RunningPlane, tmp_path: Any
) -> None:
    gate = tmp_path / "gate"
    waiting = (
        "import os, time\n"
        "class Model:\n"
        "    def predict(self, request):\n"
        f"        open({str(gate)!r} + '.begun', 'w').close()\n"
        f"        while not os.path.exists({str(gate)!r}):\n"
        "            time.sleep(0.002)\n"
        "        return 'old'\n"
    )
    plane.reset({MODEL: waiting})
    answers: list[httpx.Response] = []
    request = threading.Thread(target=lambda: answers.append(plane.post(PREDICT, json={})))
    request.start()
    until((tmp_path / "gate.begun").exists, "the request")
    assert plane.patch({MODEL: waiting.replace("'old'", "'new'")}).json()["strategy"] == "S1"
    gate.touch()
    request.join()
    assert answers[0].json() == "old"
    assert plane.predict() == "new"


def test_old_releases_go_once_nothing_runs_on_them(plane: RunningPlane) -> None:
    plane.predict()
    for number in range(6):
        plane.patch({MODEL: counting(str(number))})
        plane.predict()
    first = plane.status()["release"]
    kept = {path.name for path in (plane.state / "releases").iterdir()}
    assert first in kept
    # The one that was loaded holds the data folder that `__init__` was given.
    until(lambda: len(list((plane.state / "releases").iterdir())) <= 5, "the collection")
    assert plane.predict()[0] == "5"
