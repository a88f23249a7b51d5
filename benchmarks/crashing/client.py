"""A shop's back end as a client of the API: one connection, JSON, and an honest account of what was answered."""

import http.client
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import orjson

Json = dict[str, Any]


class GoneError(Exception):
    """No answer came: whether the request was carried out is not known."""


class RefusedError(AssertionError):
    """A batch was refused with 503: a fault, unless the Store was away."""

    def __init__(self, content: Json, wait: str) -> None:
        super().__init__(f"503, Retry-After {wait!r}: {content}")
        self.content, self.wait = content, wait

    def fault(self) -> str:
        """Return what a client misses in the refusal: a code, a cure, one line, when to come back; or nothing."""
        error = self.content.get("error", {})
        whole = error.get("code") == "store" and error.get("cure") and "\n" not in error["message"]
        return "" if whole and self.wait.isdigit() else str(self)


class Client:
    """Safe for one thread. `wait` is the header Retry-After of the last answer."""

    def __init__(self, port: int, key: str, *, seconds: float = 30.0) -> None:
        self._port, self._seconds = port, seconds
        self.wait = ""
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Json]:
        """Return status and content. Raises GoneError."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._seconds)
        sent = None if body is None else orjson.dumps(body)
        try:
            self._connection.request(method, path, sent, self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
            self.wait = answer.headers.get("Retry-After", "")
            return answer.status, orjson.loads(content)
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
            self.close()
            raise GoneError(f"{type(error).__name__}: {error}") from error

    def get(self, path: str) -> Json:
        """Return the content of a page that must be answered. Raises GoneError."""
        status, content = self.call("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {content}")
        return content

    def post(self, path: str, records: Sequence[Json]) -> Json:
        """Return the receipt of a batch that must be taken whole. Raises GoneError, RefusedError."""
        status, content = self.call("POST", path, list(records))
        if status == 503:
            raise RefusedError(content, self.wait)
        if status != 200 or content["written"] + content["repeated"] != len(records):
            raise AssertionError(f"POST {path} of {len(records)} records: {status} {content}")
        return content

    def delete(self, item: str) -> Json:
        """Remove one product. Raises GoneError, RefusedError."""
        status, content = self.call("DELETE", f"/v1/products/{quote(item, safe='')}")
        if status == 503:
            raise RefusedError(content, self.wait)
        if status != 200:
            raise AssertionError(f"DELETE {item}: {status} {content}")
        return content

    def ready(self, alive: Callable[[], bool], *, seconds: float) -> Json:
        """Wait until the shop answers that it is ready. Raises GoneError when it ends or does not come in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and alive():
            try:
                status, content = self.call("GET", "/v1/health")
            except GoneError:
                time.sleep(0.004)
                continue
            if status == 200 and content["ready"]:
                return content
        raise GoneError("the shop did not become ready")

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
