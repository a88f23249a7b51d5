"""A server of its own process over a home, and what is asked of it."""

import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from zhanggui.core.product import Product

KEY = "key-of-this-run"


class Server:
    """A running server. One connection for each thread that asks."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], ready_after: float) -> None:
        self.ready_after, self._port, self._process = ready_after, port, process
        self._local = threading.local()

    def get(self, path: str) -> bytes:
        """Return the body. Raises RuntimeError for anything but 200."""
        return self._ask("GET", path, b"")

    def put(self, product: Product) -> None:
        """Send a product; it is searchable when this returns."""
        record = {
            "item_id": product.item_id,
            "title": product.title,
            "category": list(product.category),
            "brand": product.brand,
            "price": product.price,
            "stock": product.stock,
            "attributes": {name: list(values) for name, values in product.attributes.items()},
        }
        self._ask("POST", "/v1/products", orjson.dumps([record]))

    def settle(self) -> None:
        """Wait until every product has its vector, and the server works at nothing any more.

        A graph of vectors is begun some seconds after the last one came: the first rest is no rest yet.
        """
        while not self._settled():
            time.sleep(0.05)
        time.sleep(4)
        before = -1.0
        while self.cpu() - before > 0.1:
            before = self.cpu()
            time.sleep(1)
        self._local.connection.close()  # the server closes what was idle for 5 s: the next request opens it anew

    def memory(self) -> float:
        """Return the memory in use, in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def cpu(self) -> float:
        """Return the seconds of processor that it has taken so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _settled(self) -> bool:
        meaning = orjson.loads(self.get("/v1/health"))["meaning"]
        return bool(meaning["done"] == meaning["total"])

    def _ask(self, method: str, path: str, body: bytes) -> bytes:
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"} if body else {}
        self._local.connection.request(method, path, body or None, headers)
        answer = self._local.connection.getresponse()
        content: bytes = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content


@contextmanager
def started(home: Path) -> Iterator[Server]:
    """Start a server on a free port, wait until it is ready, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "zhanggui", "--home", str(home), "serve", "--port", str(port)]
    start = time.perf_counter()
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, env={**os.environ, "ZHANGGUI_WRITE_KEY": KEY}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        while not _ready(port):
            if process.poll() is not None:
                raise RuntimeError(f"The server ended with code {process.returncode}: {_tail(home)}")
            time.sleep(0.05)
        yield Server(port, process, time.perf_counter() - start)
    finally:
        process.terminate()
        process.wait(timeout=600)


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/v1/health")
        return b'"ready":true' in connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()


def _tail(home: Path) -> str:
    return (home / "server.log").read_text(errors="replace")[-1000:]
