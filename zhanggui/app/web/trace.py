"""Every answer carries the request's id and how long the server took."""

import re
import time
from collections.abc import Mapping
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ID = re.compile(rb"[\w.-]{1,64}")
_NOT_TOKEN = re.compile(r"[^A-Za-z0-9_.-]")


class Trace:
    """ASGI middleware: X-Request-ID (the caller's, if it is a plain word) and Server-Timing (milliseconds)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        request_id = _given_id(scope) or uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.append("Server-Timing", f"total;dur={(time.perf_counter() - start) * 1000:.1f}")
            await send(message)

        await self.app(scope, receive, send_traced)


def timing_header(timings: Mapping[str, float]) -> str:
    """Write a page's timings as the value of Server-Timing.

    >>> timing_header({"merge lists": 0.25, "rank": 3})
    'merge_lists;dur=0.2, rank;dur=3.0'
    """
    return ", ".join(f"{_NOT_TOKEN.sub('_', stage)};dur={millis:.1f}" for stage, millis in timings.items())


def _given_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _ID.fullmatch(given) else ""
