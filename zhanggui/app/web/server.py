"""The server around the app: what it does when callers are slow or talk nonsense, and when it is told to stop."""

import asyncio
import os
import socket
from types import FrameType
from typing import Any
from uuid import uuid4

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from zhanggui.app.web.errors import ApiError, error_body
from zhanggui.app.web.gate import HEAD_BYTES
from zhanggui.app.web.jsonbytes import json_bytes
from zhanggui.core.errors import ConfigError

KEEP_ALIVE = 15
"""Seconds that a connection may stay open without a request, and that the head of a request may take."""

STOP = 8
"""Seconds that requests under way get when the server is told to stop."""

_NONSENSE = ApiError(
    400,
    "bad_http",
    "This is no HTTP request, or its head is too large.",
    cure=f"Send HTTP/1.1 with at most {HEAD_BYTES} bytes of address and headers.",
)


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a limit on how long a head may take, and errors in the API's form.

    The library's timer runs between requests only, and stops with the first byte of the next: who sends a byte a
    minute, or connects and says nothing, would be waited for without end.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock for the first head."""
        super().connection_made(transport)
        self._head: asyncio.TimerHandle | None = None
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; the clock runs from the first byte of a head to its last."""
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._unwatch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the form of every other error; the connection is of no use afterwards."""
        body = json_bytes(error_body(_NONSENSE, request_id=uuid4().hex))
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            answer = h11.Response(status_code=400, headers=[*headers, (b"connection", b"close")], reason=b"Bad Request")
            for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE and not self._is_refused():
            self._unwatch()
        elif self._head is None and self.timeout_keep_alive_task is None:
            self._head = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _is_refused(self) -> bool:
        """Whether the caller goes on sending a body that was answered already."""
        return self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE

    def _unwatch(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


class Server(uvicorn.Server):
    """Stop on the first signal when everything under way is answered, on the second at once.

    The library raises the signal again after it has stopped, which would end the process before the shop is closed.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal. What is acknowledged is committed already, so that ending at once loses nothing of it."""
        if self.should_exit:
            os._exit(128 + sig)
        self.should_exit = True


def run(app: Any, listener: socket.socket) -> None:
    """Serve the app on a bound socket until a signal comes."""
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=STOP,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )
    Server(config).run([listener])


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that has the address but does not listen yet; port 0 is any free one. Raises ConfigError."""
    if not 0 <= port <= 65535:
        raise ConfigError(f"Port {port} is no port. Allowed: 1 to 65535, or 0 for any that is free.")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise ConfigError(f"Host {host!r} is no address of this machine. Cure: --host 127.0.0.1") from None
    # With its protocol named, else asyncio would not switch off Nagle's algorithm: 40 ms for each answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Cure: name another port with --port (0: any that is "
            "free), and with --host an address of this machine."
        ) from None
    return listener


def address_of(listener: socket.socket) -> str:
    """Return where a socket is reached from this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
