"""How much may be under way at once, and how long: more is refused at once, so that what is let in gets done."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhanggui.app.web.body import TURN
from zhanggui.app.web.errors import ApiError, error_response
from zhanggui.app.web.memory import BODIES, Memory, Share
from zhanggui.app.web.settings import ApiSettings
from zhanggui.app.web.trace import WAITED
from zhanggui.app.web.turnstile import Turnstile

ALWAYS = ("/v1/health", "/metrics")
"""Whoever watches the shop is let in when it is full; these routes have threads of their own (operating.py)."""

HEAD_BYTES = 16 * 1024
"""Largest head of a request: address and headers."""

READS = ("GET", "HEAD", "OPTIONS")
_SEARCH, _FILES = "/v1/search", "/static/"


@dataclass(slots=True)
class Lane:
    """Requests of one kind that are under way."""

    name: str
    capacity: int
    busy: int = 0


class Gate:
    """ASGI middleware: 503 `overloaded` above the limits, 504 `timeout` when an answer does not begin in time.

    A thread cannot be stopped: a request that was given up runs on, and holds its place in the lane until it is done.
    So there are never more threads at work than places, however many requests time out. Of those let in, what reads
    takes turns (turnstile.py); whoever was given up while waiting is not served any more.
    """

    def __init__(self, app: ASGIApp, *, settings: ApiSettings) -> None:
        self.app = app
        self._seconds, self._body_seconds = settings.request_seconds, settings.body_seconds
        self._memory = Memory(BODIES * settings.max_body_bytes)
        self.all = Lane("requests", settings.max_requests)
        self.writes = Lane("writes", settings.max_writes)
        self._turnstile = Turnstile(settings.pages_at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "http" and _head(scope) > HEAD_BYTES:
            await _refuse(scope, receive, send, _HEAD_TOO_LARGE)
            return
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(scope, receive, send)
            return
        lanes = self._lanes(scope)
        full = next((lane for lane in lanes if lane.busy >= lane.capacity), None)
        if full:
            await _refuse(scope, receive, send, _overloaded(full))
            return
        for lane in lanes:
            lane.busy += 1
        answer, share = _Answer(send), Share(self._memory)
        scope.setdefault("state", {})["memory"] = share
        task = asyncio.ensure_future(self._serve(scope, receive, answer))
        task.add_done_callback(lambda _: _leave(lanes, share))
        try:
            await self._wait(task, answer, scope, receive)
        except asyncio.CancelledError:
            task.cancel()
            raise

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        """Serve a request in its turn; one with a body takes it when that is here (`TURN`): callers may be slow."""
        if _writes(scope) or scope["path"].startswith(_FILES):
            await self.app(scope, receive, answer.send)
            return
        async with AsyncExitStack() as held:

            async def take() -> None:
                came = time.perf_counter()
                await held.enter_async_context(self._turnstile.passed())
                scope["state"][WAITED] = time.perf_counter() - came
                if answer.given_up:
                    raise ClientDisconnect

            if scope["method"] in READS:
                with suppress(ClientDisconnect):
                    await take()
            else:
                scope["state"][TURN] = take
            if not answer.given_up:
                await self.app(scope, receive, answer.send)

    async def _wait(self, task: asyncio.Future[None], answer: "_Answer", scope: Scope, receive: Receive) -> None:
        seconds = self._seconds + self._body_seconds * _with_body(scope)
        await asyncio.wait({task}, timeout=seconds)
        if task.done() or answer.begun:
            await task
            return
        answer.given_up = True
        if not _writes(scope):
            scope["state"].setdefault(WAITED, seconds)
        await _refuse(scope, receive, answer.pass_on, _timeout(seconds))
        task.add_done_callback(_look)

    def _lanes(self, scope: Scope) -> list[Lane]:
        return [self.all, self.writes] if _writes(scope) else [self.all]


class _Answer:
    """The way to the caller, closed once the caller was told that time is up."""

    def __init__(self, send: Send) -> None:
        self.pass_on = send
        self.begun = self.given_up = False

    async def send(self, message: Message) -> None:
        if not self.given_up:
            self.begun = True
            await self.pass_on(message)


def _writes(scope: Scope) -> bool:
    return scope["method"] not in READS and scope["path"] != _SEARCH


def _with_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def _leave(lanes: list[Lane], share: Share) -> None:
    share.give_back()
    for lane in lanes:
        lane.busy -= 1


def _look(task: asyncio.Future[None]) -> None:
    # A task whose error nobody asks for is reported as lost; it was logged where it arose.
    if not task.cancelled():
        task.exception()


def _head(scope: Scope) -> int:
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return headers + len(scope.get("raw_path") or b"") + len(scope["query_string"])


_HEAD_TOO_LARGE = ApiError(
    431,
    "head_too_large",
    "Address and headers are too large.",
    cure=f"Allowed: {HEAD_BYTES} bytes. Long parameters go into the body of POST /v1/search.",
    headers=(("Connection", "close"),),
)


def _overloaded(lane: Lane) -> ApiError:
    return ApiError(
        503,
        "overloaded",
        f"{lane.capacity} {lane.name} are under way; more are not let in.",
        cure="Wait and try again.",
        headers=(("Retry-After", "1"),),
    )


def _timeout(seconds: float) -> ApiError:
    return ApiError(
        504,
        "timeout",
        f"The answer was not ready within {seconds:g} s.",
        cure="Try again; a write may have been kept, and sending it again counts nothing twice.",
        headers=(("Retry-After", "1"), ("Connection", "close")),
    )


async def _refuse(scope: Scope, receive: Receive, send: Send, error: ApiError) -> None:
    await error_response(HttpRequest(scope), error)(scope, receive, send)
