"""Many patches in a row leave nothing behind: no process, no descriptor, no thread, no file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from running_plane import RunningPlane, model, until

from control.plane.releases.journal import KEPT_LINES, Journal

if TYPE_CHECKING:
    from collections.abc import Callable

PATCHES = 60
WARM_UP = 12
# asyncio's pool of threads grows to its bound; a socket may be closing while one counts.
SLACK = 12


@dataclass(frozen=True)
class Held:
    """What the processes of a plane hold."""

    processes: int
    sockets: int
    releases: int
    descriptors: int
    threads: int

    @classmethod
    def by(cls, plane: RunningPlane) -> Held:
        """Counted once nothing drains, boots or is about to."""

        def is_quiet() -> bool:
            status = plane.status()
            return status["settled"] and status["spare_ready"] and len(plane.leftovers()) == 2

        until(is_quiet, "quiet")
        pids = [plane.pid, plane.status()["pid"]["inference"]]
        sockets = (plane.state / "sockets").resolve()
        until(lambda: len(list((plane.state / "releases").iterdir())) <= 5, "the collection")
        return cls(
            processes=len(plane.leftovers()),
            sockets=len(list(sockets.glob("*.sock"))),
            releases=len(list((plane.state / "releases").iterdir())),
            descriptors=sum(_count(pid, "fd") for pid in pids),
            threads=sum(_count(pid, "task") for pid in pids),
        )


def _count(pid: int, kind: str) -> int:
    return len(list(Path(f"/proc/{pid}/{kind}").iterdir()))


def patch_through(plane: RunningPlane, numbers: range) -> set[str]:
    """Hot swaps, every third a reload, every tenth a failure; gives the strategies taken."""
    taken = set()
    for number in numbers:
        if number % 10 == 0:
            broken = plane.patch({"model/model.py": model("0", load="raise ValueError()")})
            assert broken.status_code == 422
        wish = {"strategy": "reload"} if number % 3 == 0 else {}
        response = plane.patch({"model/model.py": model(str(number))}, **wish)
        assert response.status_code == 200, response.text
        assert plane.predict() == number
        taken.add(response.json()["strategy"])
    return taken


def test_sixty_patches_leave_nothing_behind(new_plane: Callable[..., RunningPlane]) -> None:
    plane = new_plane({"model/model.py": model("0")}).start()
    plane.predict()
    patch_through(plane, range(1, WARM_UP))
    before = Held.by(plane)

    assert patch_through(plane, range(WARM_UP, PATCHES)) == {"S1", "S2"}

    after = Held.by(plane)
    assert (after.processes, after.sockets) == (before.processes, before.sockets) == (2, 2)
    assert after.descriptors <= before.descriptors + SLACK
    assert after.threads <= before.threads + SLACK
    assert len(plane.status()["patches"]) == 50, "the history is bounded"


def test_the_journal_is_bounded_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for number in range(2 * KEPT_LINES + 1):
        journal.append({"event": "commit", "release": str(number)})
    journal.sync()
    journal.append({"event": "commit", "release": "last"})
    journal.close()
    lines = path.read_text().splitlines()
    assert len(lines) == KEPT_LINES + 1
    again = Journal(path)
    assert again.committed()[-2:] == [str(2 * KEPT_LINES), "last"]
    again.close()
