"""Eight clients that ask again as soon as they are answered, in a process of their own.

`python -m benchmarks.closed_loop PORT SECONDS` prints one JSON list per answer: when it was asked,
when it was answered (seconds of the system's monotonic clock), its status and its text.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise

CLIENTS = 8
ASK = (
    b"POST /v1/models/model:predict HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    b"content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
)


@dataclass(frozen=True)
class Reply:
    """One answer; status 0 for a connection that broke."""

    asked: float
    answered: float
    status: int
    text: str


class Clients:
    """The process, and what its clients heard."""

    def __init__(self, port: int, seconds: float) -> None:
        command = [sys.executable, "-m", "benchmarks.closed_loop", str(port), str(seconds)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._process.stdout.readline()  # everybody is connected

    def replies(self) -> list[Reply]:
        """Waits until the clients have gone."""
        out, _ = self._process.communicate()
        return [Reply(*json.loads(line)) for line in out.splitlines()]


def longest_gap(replies: list[Reply]) -> float:
    """Milliseconds between two answers, to whichever client, when the wait was longest."""
    times = sorted(reply.answered for reply in replies)
    return max(after - before for before, after in pairwise(times)) * 1000


async def _client(port: int, until: float, heard: list[Reply]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < until:
        asked = time.monotonic()
        try:
            writer.write(ASK)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            body = await reader.readexactly(_length(head))
        except (OSError, asyncio.IncompleteReadError):
            heard.append(Reply(asked, time.monotonic(), 0, ""))
            return
        heard.append(Reply(asked, time.monotonic(), status, body.decode()))
    writer.close()


def _length(head: bytes) -> int:
    fields = head.lower().partition(b"content-length: ")[2]
    return int(fields.split(b"\r\n")[0])


async def _main(port: int, seconds: float) -> None:
    heard: list[Reply] = []
    print("connected", flush=True)
    until = time.monotonic() + seconds
    await asyncio.gather(*(_client(port, until, heard) for _ in range(CLIENTS)))
    for one in heard:
        print(json.dumps([one.asked, one.answered, one.status, one.text]))


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2])))
