"""Every request has an id, a line in the log and its place in the metrics; every answer tells the id and the time."""

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhanggui.app.observing.logs import REQUEST_ID
from zhanggui.app.observing.metrics import Metrics
from zhanggui.app.web.errors import INTERNAL, error_response

_ID = re.compile(rb"[\w.-]{1,64}")
WAITED = "waited"
"""Key in a request's state: the seconds that it waited for its turn (turnstile.py)."""

_NOT_TOKEN = re.compile(r"[^A-Za-z0-9_.-]")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
LEFT = 499
"""Status in log and metrics of a request whose caller left before the answer."""

LOG = logging.getLogger("zhanggui.access")


class Trace:
    """ASGI middleware: X-Request-ID (the caller's, if it is a plain word), Server-Timing (milliseconds), log, metrics.

    The log names the route, not the address: addresses hold ids of shoppers and what they typed.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        answer = _Answer(send, _given_id(scope) or uuid4().hex, time.perf_counter(), state)
        state["request_id"] = answer.request_id
        token = REQUEST_ID.set(answer.request_id)
        self._metrics.under_way.inc()
        try:
            await self.app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = LEFT
        except Exception:  # noqa: BLE001 - the outermost seam: the log has the traceback, the caller the request's id
            LOG.exception("a request failed")
            if not answer.status:
                await error_response(HttpRequest(scope), INTERNAL)(scope, receive, answer.send)
        finally:
            self._metrics.under_way.dec()
            self._tell(scope, answer)
            REQUEST_ID.reset(token)

    def _tell(self, scope: Scope, answer: "_Answer") -> None:
        seconds = time.perf_counter() - answer.start
        method = scope["method"] if scope["method"] in METHODS else "other"
        route, status = route_of(scope), answer.status or LEFT
        self._metrics.answered(method, route, status, seconds)
        if WAITED in scope["state"]:
            self._metrics.waited(scope["state"][WAITED])
        LOG.info(
            "answered",
            extra={"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)},
        )


@dataclass(slots=True)
class _Answer:
    """The way to the caller: adds the headers, notes the status."""

    pass_on: Send
    request_id: str
    start: float
    state: Mapping[str, float]
    status: int = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            times = {WAITED: self.state[WAITED]} if WAITED in self.state else {}
            times["total"] = time.perf_counter() - self.start
            headers.append("Server-Timing", timing_header({name: 1000 * seconds for name, seconds in times.items()}))
        await self.pass_on(message)


def route_of(scope: Scope) -> str:
    """Return the template of the route that was taken, "none" where there is no such route."""
    path = getattr(scope.get("route"), "path", "")
    return path or ("/static" if scope["path"].startswith("/static/") else "none")


def timing_header(timings: Mapping[str, float]) -> str:
    """Write a page's timings as the value of Server-Timing.

    >>> timing_header({"merge lists": 0.25, "rank": 3})
    'merge_lists;dur=0.2, rank;dur=3.0'
    """
    return ", ".join(f"{_NOT_TOKEN.sub('_', stage)};dur={millis:.1f}" for stage, millis in timings.items())


def _given_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _ID.fullmatch(given) else ""
