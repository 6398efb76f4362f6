"""What every inference process is started with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from control.plane.supervisor.logbook import LogBook

START = (
    "import sys; sys.path.append({root!r}); "
    "from control_truss_inference.__main__ import main; main()"
)


@dataclass(frozen=True, slots=True)
class Launch:
    """Our package for the interpreter, and where its sockets, secrets and lines go."""

    import_root: Path
    sockets: Path
    secrets_dir: Path | None
    log: LogBook

    def command(self, python: Path, socket_path: Path, control_fd: int) -> list[str]:
        """The command line. `sys.path` is appended to, so the user's packages come first."""
        start = START.format(root=str(self.import_root))
        options = ["--socket", str(socket_path), "--control-fd", str(control_fd)]
        return [str(python), "-c", start, *options]
