"""New versions that do not load: the old one keeps answering, the error names the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running_plane import RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"model/model.py": model("'one'")}
BAD_IMPORT = model("'two'", top="import nowhere_to_be_found")
BAD_LOAD = model("'two'", load="raise ValueError('no weights')")
BROKEN = "raise ValueError('no weights')"
SYNTAX_ERROR = "class Model:\n    def predict(self, request)\n        return 'two'\n"


@pytest.fixture(scope="module")
def plane(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    plane = module_plane(FILES)
    # Nothing else than what is tested replaces the process.
    return plane.start("--load-timeout", "3", "--settle", "never").serving()


@pytest.mark.parametrize(
    ("source", "kind", "line"),
    [
        (SYNTAX_ERROR, "SyntaxError", 2),
        (BAD_IMPORT, "ModuleNotFoundError", 1),
        (BAD_LOAD, "ValueError", 4),
        ("", None, None),
        ("import os\nos._exit(3)\n", "ProcessEnded", None),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "ProcessEnded", None),
        (model("'two'", load="import time; time.sleep(1000)"), "TimeoutError", None),
        (model("'two'", load="while True: pass"), "TimeoutError", None),
    ],
    ids=["syntax", "import", "load", "empty", "exit", "killed", "never-returns", "spins"],
)
def test_the_old_version_answers_and_the_error_has_a_place(
    plane: RunningPlane, source: str, kind: str | None, line: int | None
) -> None:
    before = plane.status()

    response = plane.patch({"model/model.py": source})

    problem = response.json()
    assert response.status_code == 422, problem
    assert problem["type"] == "patch_failed_recoverable"
    if kind is not None:
        assert problem["model_error"]["type"] == kind
    if line is not None:
        error = problem["model_error"]
        assert (error["path"], error["line"]) == ("model/model.py", line)
    assert "\n" not in problem["detail"]
    after = plane.status()
    assert (after["hash"], after["release"]) == (before["hash"], before["release"])
    assert (after["state"], after["pid"]) == ("ready", before["pid"])
    assert after["last_error"] is None
    assert after["patches"][-1]["ok"] is False
    assert plane.predict() == "one"
    releases = {path.name for path in (plane.state / "releases").iterdir()}
    assert releases == {before["release"]}, "a release that never lived is left"


def test_a_corrected_version_follows_a_broken_one(plane: RunningPlane) -> None:
    assert plane.patch({"model/model.py": SYNTAX_ERROR}).status_code == 422
    assert plane.patch({"model/model.py": model("'two'")}).status_code == 200
    assert plane.predict() == "two"
    plane.reset(FILES)


def test_the_last_failure_stays_visible_until_a_success(plane: RunningPlane) -> None:
    response = plane.patch({"model/model.py": BAD_LOAD})
    failed = plane.status()
    error = failed["last_patch_error"]
    assert error["error"] == response.json()["detail"]
    assert error["model_error"] == response.json()["model_error"]
    assert (error["hash"], error["at"]) == (
        failed["patches"][-1]["hash"],
        failed["patches"][-1]["at"],
    )
    assert plane.patch({"model/model.py": model("'two'")}).status_code == 200
    assert plane.status()["last_patch_error"] is None

    assert plane.patch({"model/model.py": BAD_LOAD}).status_code == 422
    assert plane.status()["last_patch_error"] is not None
    assert plane.patch({"model/model.py": model("'two'")}).json()["strategy"] == "S0"
    assert plane.status()["last_patch_error"] is None, "the live version is wanted again"
    plane.reset(FILES)


def test_the_last_failure_outlives_a_restart(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane(FILES).start("--no-spare")
    assert plane.patch({"model/model.py": BAD_LOAD}).status_code == 422
    before = plane.status()["last_patch_error"]
    plane.end()
    after = plane.start("--no-spare").status()["last_patch_error"]
    assert (after["hash"], "ValueError" in after["error"]) == (before["hash"], True)


@pytest.mark.parametrize(("first", "text"), [("pass", "; the old one serves on"), (BROKEN, "")])
def test_progress_says_only_what_is_so(
    new_plane: Callable[..., RunningPlane], first: str, text: str
) -> None:
    plane = new_plane({"model/model.py": model("'one'", load=first)}).start("--no-spare")
    until(lambda: plane.status()["state"] in ("ready", "failed"), "the first load")
    plane.write({"model/model.py": model("'two'", load="self.other = 2")})
    headers = {"accept": "application/x-ndjson"}
    response = plane.post("/control/patch", json=plane.patch_body(), headers=headers)
    assert f'"loading the new version{text}"' in response.text


def test_processes_of_failed_versions_do_not_stay(plane: RunningPlane) -> None:
    assert plane.patch({"model/model.py": BAD_LOAD}).status_code == 422
    expected = plane.wait_for("ready")["pid"]["inference"]
    until(lambda: expected in plane.leftovers() and len(plane.leftovers()) <= 2, "the clean-up")


@pytest.mark.parametrize("broken", [SYNTAX_ERROR, BAD_IMPORT, BAD_LOAD])
def test_a_truss_that_is_broken_from_the_start_can_be_patched(
    new_plane: Callable[..., RunningPlane], broken: str
) -> None:
    plane = new_plane({"model/model.py": broken}).start()
    status = plane.wait_for("failed")
    assert status["last_error"]["path"] == "model/model.py"
    refused = plane.post("/v1/models/model:predict", json={})
    assert refused.status_code == 503
    assert status["last_error"]["type"] in refused.json()["error"]
    assert plane.get("/v1/models/model").status_code == 503

    assert plane.patch({"model/model.py": SYNTAX_ERROR + "#"}).status_code == 422
    assert plane.status()["state"] == "failed"
    assert plane.patch({"model/model.py": model("'mended'")}).status_code == 200
    assert plane.predict() == "mended"
    assert plane.status()["last_error"] is None


def test_a_first_load_that_hangs_can_be_patched(new_plane: Callable[..., RunningPlane]) -> None:
    hanging = model("'one'", load="import time; time.sleep(1000)")
    plane = new_plane({"model/model.py": hanging}).start()
    plane.wait_for("loading")
    assert plane.get("/v1/models/model").status_code == 503
    assert plane.patch({"model/model.py": model("'mended'")}).status_code == 200
    assert plane.predict() == "mended"
