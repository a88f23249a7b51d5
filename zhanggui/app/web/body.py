"""Read what a caller sends, within bounds, and cut it into records."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest

from zhanggui.app.web.errors import ApiError, bad_request
from zhanggui.app.web.memory import Share
from zhanggui.app.web.packed import is_packed, too_large, unpacked
from zhanggui.app.web.settings import ApiSettings

TURN = "turn"
"""Key in a request's state: what is awaited between the body and the work (gate.py)."""

LINES = ("application/x-ndjson", "application/jsonl", "application/jsonlines", "application/ndjson")


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a request and whether they are JSON, one document a line."""

    content: bytes
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that is not a JSON object, and why."""

    message: str


Record = Mapping[str, object] | Unreadable


async def read_body(request: HttpRequest) -> Body:
    """Receive the body piece by piece, giving up as soon as it is too large (413)."""
    settings: ApiSettings = request.app.state.settings
    return await read_bounded(request, settings.max_body_bytes)


async def read_bounded(request: HttpRequest, limit: int) -> Body:
    """Receive a body of at most `limit` bytes, packed or not, within the time that bodies get (408)."""
    settings: ApiSettings = request.app.state.settings
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    packed = is_packed(request.headers.get("content-encoding", ""))
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(settings.body_seconds):
            content = await _received(request, limit)
    except TimeoutError:
        raise ApiError(
            408,
            "body_too_slow",
            f"The body was not here within {settings.body_seconds:g} s.",
            cure="Send smaller batches.",
            headers=(("Connection", "close"),),
        ) from None
    if TURN in request.scope["state"]:
        await request.scope["state"][TURN]()
    if packed:
        content = await run_in_threadpool(unpacked, content, limit)
    return Body(content, kind in LINES)


async def _received(request: HttpRequest, limit: int) -> bytes:
    content = bytearray()
    share: Share = request.scope["state"]["memory"]
    async for piece in request.stream():
        share.take(len(piece))
        content += piece
        if len(content) > limit:
            raise too_large(limit)
    return bytes(content)


def json_of(body: Body) -> object:
    """Parse a body that is one JSON document."""
    try:
        return orjson.loads(body.content)
    except orjson.JSONDecodeError as error:
        cure = "Send UTF-8 JSON; for one document a line set Content-Type: application/x-ndjson."
        raise bad_request(f"The body is not JSON: {error}.", cure=cure) from None


def records_of(body: Body, *, limit: int) -> list[Record]:
    """Return the records of a batch: a JSON list, one JSON object, or NDJSON; `limit` bounds how many.

    >>> records_of(Body(b'[{"a": 1}, 2]'), limit=5)
    [{'a': 1}, Unreadable(message='The record is not a JSON object.')]
    """
    records = list(_lines(body.content)) if body.lines else _listed(json_of(body))
    if len(records) > limit:
        raise ApiError(
            413, "too_many_records", f"The batch has {len(records)} records.", cure=f"Send at most {limit} at a time."
        )
    return records


def _lines(content: bytes) -> Iterator[Record]:
    for line in content.split(b"\n"):
        if not line.strip():
            continue
        try:
            yield _object(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            yield Unreadable(f"The line is not JSON: {error}.")


def _listed(content: object) -> list[Record]:
    if isinstance(content, dict):
        return [content]
    if isinstance(content, list):
        return [_object(one) for one in content]
    raise bad_request("The body is neither a list of records nor a record.", cure="Send a JSON list of objects.")


def _object(content: object) -> Record:
    return content if isinstance(content, dict) else Unreadable("The record is not a JSON object.")
