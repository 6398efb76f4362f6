"""Connections are kept, given up and never used twice for what must not be sent twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.handle.raw_servers import DEADLINE, Peer, raw_server, says, until
from truss_handle.exceptions import ServerUnavailable
from truss_handle.http import kept
from truss_handle.http.exchange import exchange
from truss_handle.http.messages import Request, json_request

if TYPE_CHECKING:
    from tests.handle.raw_servers import Behaviour

GET = Request("GET", "/")
POST = json_request("/", {}, {})
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CLOSE = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
MEBIBYTE = 1 << 20


async def asked(url: str, request: Request = GET) -> bytes:
    async with exchange(url, request, 10.0) as response:
        return await response.read()


def once(*pieces: bytes, then: Behaviour | None = None) -> Behaviour:
    """Answers one request; what it does with the next one is up to `then`."""

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.say(*pieces)
        if then is not None:
            await then(peer)

    return behave


async def drop_the_next(peer: Peer) -> None:
    await peer.request()


async def stay(peer: Peer) -> None:
    await peer.until_left()


@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
@pytest.mark.parametrize(
    ("first", "is_left"),
    [
        pytest.param(once(CLOSE, then=stay), False, id="said to be the last"),
        pytest.param(once(HELLO + b"more", then=stay), False, id="said too much"),
        pytest.param(once(HELLO), True, id="left afterwards"),
        pytest.param(once(HELLO, b"HTTP/1.1 408 T\r\n\r\n"), True, id="said something unasked"),
    ],
)
async def test_a_connection_that_is_no_good_any_more_is_replaced(
    first: Behaviour, is_left: bool, request_: Request
) -> None:
    async with raw_server(first, says(HELLO)) as server:
        assert await asked(server.url, request_) == b"hello"
        if is_left:
            await until(lambda: not server.open)
        assert await asked(server.url, request_) == b"hello"
        assert await asked(server.url, request_) == b"hello"
        assert server.connections == 2


async def test_what_may_be_read_twice_is_sent_again_where_the_server_left_meanwhile() -> None:
    async with raw_server(once(HELLO, then=drop_the_next), says(HELLO)) as server:
        await asked(server.url)
        assert await asked(server.url) == b"hello"
        assert server.connections == 2


async def test_what_must_not_be_sent_twice_is_not() -> None:
    async with raw_server(once(HELLO, then=drop_the_next), says(HELLO)) as server:
        await asked(server.url)
        with pytest.raises(ServerUnavailable, match="it closed the connection"):
            await asked(server.url, POST)
        assert server.connections == 1


async def test_nothing_is_sent_again_once_an_answer_has_begun() -> None:
    broken = once(HELLO, then=once(HELLO[:-1]))
    async with raw_server(broken, says(HELLO)) as server:
        await asked(server.url)
        with pytest.raises(ServerUnavailable, match="in the middle of its answer"):
            await asked(server.url)
        assert server.connections == 1


async def test_a_server_that_leaves_at_once_is_not_asked_again_and_again() -> None:
    async with raw_server(drop_the_next) as server:
        with pytest.raises(ServerUnavailable, match="it closed the connection"):
            await asked(server.url)
        assert server.connections == 1


async def test_who_has_not_spoken_for_long_is_not_relied_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "IDLE_SECONDS", 0.0)
    async with raw_server(says(HELLO)) as server:
        await asked(server.url)
        await asked(server.url)
        assert server.connections == 2
        await until(lambda: server.open <= 1)


async def test_exchanges_at_the_same_time_have_connections_of_their_own() -> None:
    async with raw_server(says(HELLO)) as server:
        assert set(await asyncio.gather(*(asked(server.url) for _ in range(5)))) == {b"hello"}
        assert server.connections == 5
        await asyncio.gather(*(asked(server.url) for _ in range(5)))
        assert server.connections == 5


@pytest.mark.parametrize("said", [b"", HELLO[:20], HELLO[:-2]], ids=["nothing", "head", "body"])
async def test_who_is_cancelled_closes_the_connection(said: bytes) -> None:
    left = asyncio.Event()

    async def behave(peer: Peer) -> None:
        await peer.request()
        await peer.say(said)
        heard.set()
        await peer.until_left()
        left.set()

    heard = asyncio.Event()
    async with raw_server(behave) as server:
        task = asyncio.create_task(asked(server.url))
        await heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(left.wait(), DEADLINE)


async def test_who_does_not_read_on_closes_the_connection() -> None:
    async with raw_server(once(HELLO[:-2], then=stay)) as server:
        async with exchange(server.url, GET, 10.0) as response:
            assert await response.piece() == b"hel"
        await until(lambda: not server.open)


async def test_a_body_that_nobody_reads_stays_with_the_server() -> None:
    sent = 0
    block = b"x" * MEBIBYTE

    async def behave(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * MEBIBYTE))
        for _ in range(64):
            await peer.say(block)
            sent += MEBIBYTE

    async with raw_server(behave) as server, exchange(server.url, GET, 10.0) as response:
        size = len(await response.piece())
        seen = -1
        while sent != seen:  # until the server waits
            seen = sent
            await asyncio.sleep(0.1)
        assert sent < 32 * MEBIBYTE
        while piece := await response.piece():
            assert len(piece) < 4 * MEBIBYTE
            size += len(piece)
        assert size == 64 * MEBIBYTE


async def test_a_large_request_is_taken_in_parts_and_only_as_long_as_it_is_wanted() -> None:
    taken = 0

    async def behave(peer: Peer) -> None:
        nonlocal taken
        taken = len(await peer.request())
        await peer.say(HELLO)

    async def refuse(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.say(HELLO.replace(b"200 OK", b"413 Content Too Large"))
        await peer.until_left()

    large = json_request("/", "x" * 32 * MEBIBYTE, {})
    async with raw_server(behave) as server:
        assert await asked(server.url, large) == b"hello"
        assert taken > 32 * MEBIBYTE
    async with raw_server(refuse) as server, exchange(server.url, large, 10.0) as response:
        assert (response.status, await response.read()) == (413, b"hello")


async def test_what_is_left_of_a_refused_request_is_not_read_as_the_next_one() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.say(HELLO.replace(b"200 OK", b"413 Content Too Large"))
        await peer.until_left()

    large = json_request("/", "x" * 32 * MEBIBYTE, {})
    async with raw_server(refuse, says(HELLO)) as server:
        assert await asked(server.url, large) == b"hello"
        assert await asked(server.url) == b"hello"
        assert server.connections == 2


async def test_an_interim_response_does_not_end_a_request_on_its_way() -> None:
    async def behave(peer: Peer) -> None:
        head = await peer.reader.readuntil(b"\r\n\r\n")
        await peer.say(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n")
        size = int(head.rpartition(b"Content-Length: ")[2])
        await peer.reader.readexactly(size)
        await peer.say(HELLO)

    large = json_request("/", "x" * 32 * MEBIBYTE, {})
    async with raw_server(behave) as server:
        assert await asked(server.url, large) == b"hello"


async def test_a_request_that_is_not_taken_waits_as_long_as_its_answer_may() -> None:
    async def take_nothing(peer: Peer) -> None:
        await given_up.wait()

    given_up = asyncio.Event()
    large = json_request("/", "x" * 32 * MEBIBYTE, {})
    async with raw_server(take_nothing) as server:
        with pytest.raises(ServerUnavailable, match=r"does not take what it is sent for 0\.2 s"):
            async with exchange(server.url, large, 0.2):
                pass
        given_up.set()


async def test_a_whole_answer_that_nobody_took_keeps_no_other_waiting() -> None:
    half = b"x" * 150 * 1024  # with the second, more waits than may: reading is held

    async def behave(peer: Peer) -> None:
        while True:
            await peer.request()
            said.clear()
            await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * len(half)))
            await peer.say(half, half)
            said.set()

    said = asyncio.Event()
    async with raw_server(behave) as server:
        async with exchange(server.url, GET, 10.0):
            await said.wait()
            for _ in range(20):  # turns of the loop, in which it arrives
                await asyncio.sleep(0)
        assert await asked(server.url) == 2 * half


def test_connections_end_with_their_event_loop() -> None:
    async def once_each() -> tuple[bytes, int]:
        async with raw_server(says(HELLO)) as server:
            return await asked(server.url), server.connections

    # pytest turns what is left open into an error.
    assert [asyncio.run(once_each()) for _ in range(2)] == [(b"hello", 1)] * 2
