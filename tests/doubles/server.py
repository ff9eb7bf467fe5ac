"""What the doubles share: an HTTP server of the standard library in a thread, and the ways in which it misbehaves.

Doubles are real servers: what is tested goes over sockets, as it does with the real ones. `vices` holds one entry for each of the
next requests that would send something (None: behave); afterwards `always` goes on. Reading requests are not disturbed by them.
"""

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit


class Vice(StrEnum):
    """How the next request that sends is treated."""

    HANG_AFTER = "accepts, then says nothing"
    HANG_BEFORE = "says nothing and accepts nothing"
    RESET_AFTER = "accepts, then breaks the connection"
    RESET_BEFORE = "breaks the connection without accepting"
    TOO_MANY = "429"
    TOO_MANY_WAIT = "429 with Retry-After: 7"
    BROKEN_BEFORE = "500 without accepting"
    BROKEN_AFTER = "accepts, then 500"
    SLOW = "accepts after `slowness` seconds"
    OPTED_OUT = "Twilio's 21610"
    INVALID_ADDRESS = "Twilio's 21211"
    UNAUTHORISED = "401"
    FORBIDDEN = "403"
    REFUSED = "400"
    GIBBERISH = "accepts, and answers 200 with something that is not JSON"


AFTER = {Vice.HANG_AFTER, Vice.RESET_AFTER, Vice.BROKEN_AFTER, Vice.SLOW, Vice.GIBBERISH}
"""Vices with which the message is accepted all the same."""
BEFORE = {Vice.HANG_BEFORE, Vice.RESET_BEFORE}
"""Vices that leave the request unread."""
RETRY_AFTER = 7


class Asked(NamedTuple):
    """One request, as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes


class Answer(NamedTuple):
    status: int
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()


class Double:
    """A server on 127.0.0.1 that stands in for a provider. Use it with ``with``; `url` is where it listens."""

    def __init__(self) -> None:
        self.vices: deque[Vice | None] = deque()
        self.always: Vice | None = None
        self.slowness = 0.3
        self.hanging = 20.0
        """Seconds of silence of the vices that hang, unless the double is closed before."""
        self.connections = 0
        """How many were opened."""
        self.asked: list[Asked] = []
        """Every request, in order."""
        self.lock = threading.Lock()
        self._closed = threading.Event()
        self._server: _Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self.refuse()

    def listen(self) -> None:
        """Listen, on the same port as before."""
        self._server = _Server(self.port, self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def refuse(self) -> None:
        """Listen no more: connections are refused, and those that are open are broken. What was accepted is kept."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.break_all()
            self._server = None

    def answer(self, asked: Asked, vice: Vice | None) -> Answer:
        """What to answer to `asked`; whatever is accepted is kept before this returns."""
        raise NotImplementedError

    def is_sending(self, asked: Asked) -> bool:
        """Whether `asked` takes one of the vices."""
        raise NotImplementedError

    def next_vice(self) -> Vice | None:
        with self.lock:
            return self.vices.popleft() if self.vices else self.always

    def pause(self, vice: Vice | None) -> float:
        """Seconds until an answer to a request that is treated with `vice`."""
        return self.hanging if vice in {Vice.HANG_AFTER, Vice.HANG_BEFORE} else self.slowness if vice is Vice.SLOW else 0.0

    def wait(self, seconds: float) -> None:
        """Sleep, or wake when the double is closed."""
        if seconds:
            self._closed.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, double: Double) -> None:
        self.double = double
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def break_all(self) -> None:
        for one in list(self.open):
            _reset(one)


def _reset(connection: socket.socket) -> None:
    """Close with RST, as a host that died does, instead of a polite FIN."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
        connection.close()
    except OSError:
        return  # it was closed already


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        with self.server.double.lock:
            self.server.double.connections += 1
        self.server.open.add(self.request)
        super().setup()

    def finish(self) -> None:
        self.server.open.discard(self.request)
        try:
            super().finish()
        except OSError:
            return  # broken on purpose

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return  # broken on purpose

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: tests say what went wrong."""

    def do_GET(self) -> None:
        self.take()

    def do_POST(self) -> None:
        self.take()

    def do_DELETE(self) -> None:
        self.take()

    def take(self) -> None:
        double, asked = self.server.double, self.read()
        with double.lock:
            double.asked.append(asked)
        vice = double.next_vice() if double.is_sending(asked) else None
        answer = None if vice in BEFORE else double.answer(asked, vice)
        double.wait(double.pause(vice))
        if answer is None or vice in {Vice.RESET_AFTER, Vice.HANG_AFTER}:
            self.cut()
        else:
            self.say(Answer(500, {"message": "Internal server error"}) if vice is Vice.BROKEN_AFTER else answer)

    def read(self) -> Asked:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Asked(self.command, parts.path, query, {k.lower(): v for k, v in self.headers.items()}, body)

    def cut(self) -> None:
        self.close_connection = True
        _reset(self.connection)

    def say(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else b"" if answer.body is None else json.dumps(answer.body).encode()
        try:
            self.send_response(answer.status)
            plain = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            for name, value in (plain | dict(answer.headers)).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # they left while we dawdled


def until(met: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for another thread; whether it happened."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
