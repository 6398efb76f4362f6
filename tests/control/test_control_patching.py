"""`POST /control/patch`: what takes the running Truss from one version to the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from running_plane import CONFIG, RunningPlane, model

from truss_base.hash import truss_hash

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {"model/model.py": model("'one'"), "README.md": "first\n"}


@pytest.fixture(scope="module")
def started(module_plane: Callable[..., RunningPlane]) -> RunningPlane:
    # Nothing else than what is tested replaces the process.
    return module_plane(FILES).start("--settle", "never")


@pytest.fixture
def plane(started: RunningPlane) -> RunningPlane:
    return started.reset(FILES)


def test_an_edited_predict_answers_after_the_patch(plane: RunningPlane) -> None:
    assert plane.predict() == "one"
    before = plane.hash()

    response = plane.patch({"model/model.py": model("'two'")})

    answer = response.json()
    assert response.status_code == 200
    assert plane.predict() == "two"
    assert answer["msg"] == "Patch applied successfully"
    assert answer["strategy"] == "S1"
    assert answer["prev_hash"] == before
    assert answer["hash"] == plane.hash() == truss_hash(plane.truss)
    assert answer["reasons"][0]["subject"] == "model/model.py"
    assert answer["timings_ms"]["total"] > 0


def test_patches_follow_one_another(plane: RunningPlane) -> None:
    for number in range(4):
        assert plane.patch({"model/model.py": model(str(number))}).status_code == 200
        assert plane.predict() == number
    last = plane.status()["patches"][-4:]
    assert [patch["ok"] for patch in last] == [True] * 4
    assert last[-1]["hash"] == plane.hash()


def test_every_kind_of_file_arrives(plane: RunningPlane) -> None:
    answer = (
        "[__import__('pathlib').Path(p).read_text() for p in "
        "('model/sub/note.txt', 'packages/tool.py', 'data/table.csv', 'extra.txt')]"
    )
    response = plane.patch(
        {
            "model/model.py": model(answer),
            "model/sub/note.txt": "in model\r\n",
            "packages/tool.py": "VALUE = 1\n",
            "data/table.csv": "a;b\n",
            "extra.txt": "elsewhere\n",
        }
    )
    assert response.status_code == 200, response.text
    assert plane.predict() == ["in model\n", "VALUE = 1\n", "a;b\n", "elsewhere\n"]
    assert plane.hash() == truss_hash(plane.truss)


def test_removed_files_links_and_modes_arrive(plane: RunningPlane) -> None:
    plane.patch({"data/old.txt": "old\n", "data/tool.sh": "#!/bin/sh\n"})
    (plane.truss / "data/old.txt").unlink()
    (plane.truss / "data/link.txt").symlink_to("tool.sh")
    (plane.truss / "data/run.sh").write_text("#!/bin/sh\nexit 0\n")
    (plane.truss / "data/run.sh").chmod(0o755)
    listing = "sorted((p.name, p.is_symlink(), p.stat().st_mode & 0o111 != 0) for p in D.iterdir())"
    source = model(listing, top="import pathlib\nD = pathlib.Path('data')")

    assert plane.patch({"model/model.py": source}).status_code == 200
    assert plane.predict() == [
        ["link.txt", True, False],
        ["run.sh", False, True],
        ["tool.sh", False, False],
    ]


def test_a_comment_leaves_the_process_alone(plane: RunningPlane) -> None:
    plane.predict()
    pid = plane.status()["pid"]["inference"]

    answer = plane.patch({"model/model.py": "# why\n" + model("'one'")}).json()

    assert answer["strategy"] == "S0"
    assert plane.status()["pid"]["inference"] == pid
    assert plane.hash() == truss_hash(plane.truss)


def test_the_config_reaches_the_model(plane: RunningPlane) -> None:
    source = model(
        "self.config['model_metadata']",
        more="    def __init__(self, config):\n        self.config = config",
    )
    config = CONFIG + "model_metadata: {level: 3}\n"
    assert plane.patch({"model/model.py": source, "config.yaml": config}).status_code == 200
    assert plane.predict() == {"level": 3}


def test_an_environment_variable_needs_a_fresh_interpreter(plane: RunningPlane) -> None:
    plane.patch({"model/model.py": model("AT_IMPORT", top="import os\nAT_IMPORT = os.getenv('A')")})
    assert plane.predict() is None

    config = CONFIG + "environment_variables: {A: new}\n"
    answer = plane.patch({"config.yaml": config}).json()

    assert answer["strategy"] == "S3"
    assert plane.predict() == "new"
    assert plane.patch({"config.yaml": CONFIG}).json()["strategy"] == "S3"
    assert plane.predict() is None


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("python_version: py310\n", "python_version"),
        ("resources: {accelerator: T4}\n", "resources.accelerator"),
        ("system_packages: [jq]\n", "system_packages"),
        ("base_image: {image: 'python:3.11'}\n", "base_image"),
        ("build_commands: [ls]\n", "build_commands"),
    ],
)
def test_what_an_image_fixes_is_refused_with_the_reason(
    plane: RunningPlane, line: str, subject: str
) -> None:
    before = plane.status()["release"]

    response = plane.patch({"config.yaml": CONFIG + line})

    problem = response.json()
    assert response.status_code == 422
    assert problem["type"] == problem["error"]["type"] == "unsupported_patch"
    assert problem["strategy"] == "S4"
    assert any(subject in reason["subject"] for reason in problem["reasons"]), problem
    assert "\n" not in problem["detail"]
    assert plane.status()["release"] == before
    assert plane.predict() == "one"


def test_a_dry_run_plans_and_changes_nothing(plane: RunningPlane) -> None:
    before = plane.status()

    answer = plane.patch({"model/model.py": model("'two'")}, dry_run=True).json()

    assert (answer["strategy"], answer["dry_run"]) == ("S1", True)
    assert plane.predict() == "one"
    assert plane.status()["release"] == before["release"]
    assert plane.status()["patches"] == before["patches"]


def test_the_same_hash_is_nothing_to_do(plane: RunningPlane) -> None:
    current = plane.hash()
    body = {"hash": current, "prev_hash": "0" * 64, "patches": []}
    answer = plane.post("/control/patch", json=body).json()
    assert (answer["hash"], answer["strategy"]) == (current, "S0")
    assert "nothing to do" in answer["msg"]


def test_progress_comes_line_by_line(plane: RunningPlane) -> None:
    events = stream(plane, {"model/model.py": model("'two'")})
    assert [event["stage"] for event in events[:-1]] == ["check", "stage", "swap"]
    assert events[-1]["event"] == "result"
    assert events[-1]["hash"] == truss_hash(plane.truss)


def test_a_failure_is_the_last_line_of_the_progress(plane: RunningPlane) -> None:
    events = stream(plane, {"model/model.py": "import nowhere_to_be_found\n"})
    assert events[-1]["event"] == "error"
    assert events[-1]["type"] == "patch_failed_recoverable"
    assert events[-1]["model_error"]["line"] == 1


def stream(plane: RunningPlane, files: dict[str, str]) -> list[dict[str, Any]]:
    plane.write(files)
    body = plane.patch_body()
    headers = {"accept": "application/x-ndjson"}
    response = plane.post("/control/patch", json=body, headers=headers)
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]
