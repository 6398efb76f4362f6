"""A fault of the control plane is told with the way to its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from running_plane import RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_log_shows_where_the_control_plane_failed(
    new_plane: Callable[..., RunningPlane],
) -> None:
    plane = new_plane({"model/model.py": model("'one'"), "README.md": "one"}).start("--no-spare")
    # What nobody may do: the plan of a change compares with this file.
    [release] = (plane.state / "releases").iterdir()
    (release / "tree/README.md").unlink()
    response = plane.patch({"README.md": "two"})
    problem = response.json()
    assert (response.status_code, problem["type"]) == (500, "unknown")
    assert "`control-truss logs` shows where" in problem["detail"]
    until(lambda: "FileNotFoundError" in plane.get("/control/logs").text, "the fault in the log")
    assert "Traceback" in plane.get("/control/logs").text
    assert plane.output.read_text().count("Traceback") == 1
    assert plane.predict() == "one"
