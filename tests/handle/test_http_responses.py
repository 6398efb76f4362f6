"""What a server may say, in whatever pieces it arrives, and what is no answer."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest

from tests.handle.raw_servers import raw_server, says
from truss_handle.exceptions import ServerUnavailable
from truss_handle.http.exchange import exchange
from truss_handle.http.messages import Request, json_request
from truss_handle.http.parser import HEAD_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

GET = Request("GET", "/")
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;why=not\r\nllo\r\n0\r\n"


def packed(coding: bytes, content: bytes) -> bytes:
    return OK + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        coding,
        len(content),
        content,
    )


def bytewise(answer: bytes) -> list[bytes]:
    return [answer[at : at + 1] for at in range(len(answer))]


async def asked(url: str, request: Request = GET, limit: float | None = 10.0) -> tuple[int, bytes]:
    async with exchange(url, request, limit) as response:
        return response.status, await response.read()


@pytest.mark.parametrize("pieces", [lambda answer: [answer], bytewise], ids=["whole", "bytes"])
@pytest.mark.parametrize(
    ("answer", "leaves", "found"),
    [
        pytest.param(OK + b"Content-Length: 5\r\n\r\nhello", False, (200, b"hello"), id="length"),
        pytest.param(OK + CHUNKS + b"\r\n", False, (200, b"hello"), id="chunks"),
        pytest.param(OK + CHUNKS + b"Digest: 1\r\n\r\n", False, (200, b"hello"), id="trailer"),
        pytest.param(OK + b"\r\nhello", True, (200, b"hello"), id="until it leaves"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nhello", True, (200, b"hello"), id="1.0"),
        pytest.param(OK + b"Content-Length: 0\r\n\r\n", False, (200, b""), id="empty"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", False, (204, b""), id="no body"),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nhi",
            False,
            (200, b"hi"),
            id="interim",
        ),
        pytest.param(
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\n"
            + OK
            + CHUNKS
            + b"\r\n",
            False,
            (200, b"hello"),
            id="hints",
        ),
        pytest.param(packed(b"gzip", gzip.compress(b"hello")), False, (200, b"hello"), id="gzip"),
        pytest.param(
            packed(b"deflate", zlib.compress(b"hello")), False, (200, b"hello"), id="deflate"
        ),
        pytest.param(packed(b"br", b"hello"), False, (200, b"hello"), id="as it travels"),
    ],
)
async def test_an_answer_is_read_however_it_comes(
    answer: bytes,
    leaves: bool,
    found: tuple[int, bytes],
    pieces: Callable[[bytes], list[bytes]],
) -> None:
    async with raw_server(says(*pieces(answer), then_leave=leaves)) as server:
        assert await asked(server.url) == found
        # Where the server stays, so does the connection.
        assert await asked(server.url) == found
        assert server.connections == (2 if leaves else 1)


async def test_headers_have_one_name_and_all_their_values() -> None:
    answer = OK + b"X-A: 1\r\nx-a: 2\r\nCONTENT-TYPE: text/plain\r\nContent-Length: 0\r\n\r\n"
    async with raw_server(says(answer)) as server, exchange(server.url, GET, 10.0) as response:
        assert response.headers["x-a"] == "1, 2"
        assert response.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "it closed the connection"),
        (b"HTTP/1.1 200 O", "closed the connection in the middle of its answer"),
        (OK + b"Content-Length: 5\r\n\r\nhel", "closed the connection in the middle"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "closed the connection in the middle"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "it answered what is no HTTP"),
        (OK + b"Content-Length: five\r\n\r\n", "it answered what is no HTTP"),
        (OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", "what is no HTTP"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "what is no HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n", "no HT"),
        (OK + b"X: " + b"x" * HEAD_LIMIT, "the head of its answer is longer than 64 KiB"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 4000, "the head of its answer is longer than 64 KiB"),
        (packed(b"gzip", b"hello"), "its answer cannot be unpacked"),
    ],
)
async def test_what_is_no_answer_is_one_line(answer: bytes, said: str) -> None:
    async with raw_server(says(answer, then_leave=True)) as server:
        with pytest.raises(ServerUnavailable, match=said) as caught:
            await asked(server.url)
        assert str(caught.value).startswith(f"the server at {server.url} does not answer: ")
        assert "\n" not in str(caught.value)
        assert server.connections == 1


async def test_nobody_listens() -> None:
    async with raw_server(says(b"")) as server:
        url = server.url
    with pytest.raises(ServerUnavailable, match=f"{url} does not answer: connection refused"):
        await asked(url)


async def test_a_server_that_falls_silent_is_given_up() -> None:
    async with raw_server(says(OK + b"Content-Length: 5\r\n\r\nhel")) as server:
        with pytest.raises(ServerUnavailable, match=r"it says nothing more for 1 s"):
            await asked(server.url, limit=1.0)  # time enough for what it does say
    async with raw_server(says(b"")) as server:
        with pytest.raises(ServerUnavailable, match=r"it says nothing for 0\.1 s"):
            await asked(server.url, limit=0.1)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/v1/models/model:predict", b"/v1/models/model:predict"),
        ("v1/chat?a=1&b=%20#part", b"/v1/chat?a=1&b=%20"),
        ("/größe x", b"/gr%C3%B6%C3%9Fe%20x"),
        ("/a HTTP/1.1\r\nX: 1", b"/a%20HTTP/1.1%0D%0AX:%201"),
        ("//evil.example/", b"/evil.example/"),
    ],
)
def test_a_path_is_quoted_into_one_line(path: str, line: bytes) -> None:
    sent = Request("GET", path).to_bytes("127.0.0.1:1")
    assert sent.split(b"\r\n")[0] == b"GET " + line + b" HTTP/1.1"


def test_json_travels_as_utf_8_with_its_length() -> None:
    sent = json_request("/", {"a": "ß"}, {"Authorization": "Bearer t"}).to_bytes("127.0.0.1:1")
    assert sent == (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nUser-Agent: control-truss\r\n"
        b"Accept-Encoding: identity\r\nAuthorization: Bearer t\r\n"
        b'Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a":"\xc3\x9f"}'
    )


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\ud800"])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        json_request("/", value, {})
