"""Hot now, fresh soon: after a pause, what was patched hot is loaded anew and takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from running_plane import RunningPlane, until

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "model/model.py"


def counting(word: str) -> str:
    return (
        "import os\n"
        "class Model:\n"
        "    def load(self):\n"
        "        self.pid = os.getpid()\n"
        "    def predict(self, request):\n"
        f"        return [{word!r}, self.pid]\n"
    )


def settled(plane: RunningPlane) -> dict[str, Any] | None:
    status = plane.status()
    return status if status["settled"] else None


def test_another_process_takes_over(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane({MODEL: counting("old")}).start("--settle-after", "0.1")
    old = plane.predict()[1]
    assert plane.patch({MODEL: counting("new")}).json()["strategy"] == "S1"
    status = until(lambda: settled(plane), "the settling")
    word, pid = plane.predict()
    assert (word, pid != old, pid) == ("new", True, status["pid"]["inference"])
    assert (status["hot_patches"], status["settle_error"]) == (0, None)
    assert plane.patch({MODEL: counting("newer")}).json()["strategy"] == "S1"
    assert plane.predict()[0] == "newer"


def test_it_waits_for_the_last_edit(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane({MODEL: counting("old")}).start("--settle-after", "3600")
    old = plane.predict()[1]
    for number in range(3):
        assert plane.patch({MODEL: counting(str(number))}).json()["strategy"] == "S1"
        assert plane.predict() == [str(number), old]
    assert plane.status()["hot_patches"] == 3
    assert plane.end() == 0, "what waits for its time does not hold up the end"


def test_never(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane({MODEL: counting("old")}).start("--settle", "never", "--settle-after", "0.1")
    old = plane.predict()[1]
    plane.patch({MODEL: counting("new")})
    plane.post("/control/restart_inference_server", json={})
    assert plane.predict()[1] != old, "a restart settles as well"
    assert plane.status()["settled"]
    plane.patch({MODEL: counting("newer")})
    assert not plane.status()["settled"]


def test_one_that_fails_changes_nothing(new_plane: Callable[..., RunningPlane]) -> None:
    """The data that `load` needs is there once only."""
    plane = new_plane({MODEL: counting("old")})
    once = plane.state.parent / "once"
    once.touch()
    text = counting("{word}").replace("self.pid = os.getpid()", f"os.unlink({str(once)!r})")
    text = text.replace("self.pid]", "os.getpid()]")
    plane.write({MODEL: text.replace("{word}", "old")})
    plane.start("--settle-after", "0.1")
    old = plane.predict()[1]
    assert plane.patch({MODEL: text.replace("{word}", "new")}).json()["strategy"] == "S1"
    error = until(lambda: plane.status()["settle_error"], "the failure")
    assert (error["type"], error["path"], error["line"]) == ("FileNotFoundError", MODEL, 4)
    assert plane.predict() == ["new", old]
    status = plane.status()
    assert (status["state"], status["last_error"], status["settled"]) == ("ready", None, False)


def test_an_accelerator_is_not_shared(new_plane: Callable[..., RunningPlane]) -> None:
    config = "use_control_plane: true\nresources: {accelerator: T4}\n"
    plane = new_plane({MODEL: counting("old"), "config.yaml": config})
    plane.start("--settle-after", "0.05")
    old = plane.predict()[1]
    for number in range(3):
        assert plane.patch({MODEL: counting(str(number))}).json()["strategy"] == "S1"
        assert plane.predict() == [str(number), old]
    assert plane.status()["hot_patches"] == 3
