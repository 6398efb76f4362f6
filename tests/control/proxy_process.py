"""The proxy in a process of its own, so that its memory can be measured: `SOCKET PORT_FILE`."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from running_plane import REPOSITORY, until

if TYPE_CHECKING:
    from collections.abc import Iterator


class ProxyProcess:
    """Where it listens, and how much it has needed."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port

    @property
    def peak_memory(self) -> int:
        """The most that was ever resident, in bytes."""
        return self._status("VmHWM")

    @property
    def memory(self) -> int:
        """What is resident now, in bytes."""
        return self._status("VmRSS")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        (kilobytes,) = (line.split()[1] for line in lines if line.startswith(name + ":"))
        return int(kilobytes) * 1024


@contextlib.contextmanager
def proxy_process(folder: Path) -> Iterator[ProxyProcess]:
    """A proxy whose requests wait until a backend listens at `folder / "s"`."""
    port_file = folder / "port"
    command = [sys.executable, __file__, str(folder / "s"), str(port_file)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        try:
            until(lambda: port_file.exists() and port_file.read_text(), "the proxy's start")
            yield ProxyProcess(process.pid, int(port_file.read_text()))
        finally:
            process.terminate()


async def main(socket_path: str, port_file: str) -> None:
    """Serves until it is killed."""
    from control.plane.proxy.backend import Backend
    from control.plane.proxy.front import Front
    from control.plane.proxy.gate import Gate
    from control.plane.proxy.listener import listen, raise_descriptor_limit
    from control.plane.proxy.route import Route

    raise_descriptor_limit()
    listener = listen("127.0.0.1", 0)
    route = Route(Gate(30), lambda _backend: None)
    await Front(route, route).open(listener)
    await asyncio.to_thread(Path(port_file).write_text, str(listener.getsockname()[1]))
    while not await asyncio.to_thread(Path(socket_path).exists):
        await asyncio.sleep(0.01)
    route.gate.open(Backend(socket_path))
    await asyncio.Event().wait()


if __name__ == "__main__":
    sys.path.insert(0, str(REPOSITORY))
    asyncio.run(main(*sys.argv[1:]))
