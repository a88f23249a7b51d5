"""Events over HTTP, each batch committed to the disk before it is acknowledged: events/s, p50 and p99 per batch.

A real server (`zhanggui serve`) in a home of its own with 1,000 products and no encoder; one client in this process,
one batch after the other over one connection. SQLite, then PostgreSQL with fsync on, where it is installed.
"""

import argparse
import contextlib
import http.client
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from tests.postgres import binaries, running_cluster

KEY = "key-of-the-benchmark"
PRODUCTS, USERS = 1_000, 20_000
START = 1_750_000_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--batch", type=int, default=500, help="events in one batch")
    parser.add_argument("--ids", action="store_true", help="send random event ids instead of letting them be derived")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        measure("SQLite", Path(home), "", given)
    if binaries() is None:
        print("PostgreSQL: not installed here")
        return
    with tempfile.TemporaryDirectory() as home, running_cluster(durable=True) as cluster:
        measure("PostgreSQL", Path(home), cluster.database(), given)


def measure(name: str, home: Path, store: str, given: argparse.Namespace) -> None:
    rng = random.Random(7)
    bodies = [body(rng, number, given) for number in range(given.batches)]
    with served(home, store) as (port, process):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        post(
            client, "/v1/products", orjson.dumps([{"item_id": f"p{n}", "title": f"thing {n}"} for n in range(PRODUCTS)])
        )
        for warm in range(5):
            post(client, "/v1/events", body(rng, -1 - warm, given))
        started, used, millis = time.perf_counter(), processor_seconds(process), []
        for content in bodies:
            before = time.perf_counter()
            answer = post(client, "/v1/events", content)
            millis.append((time.perf_counter() - before) * 1000)
            if answer["written"] != given.batch:
                raise SystemExit(f"{answer['written']} of {given.batch} written")
        seconds, used = time.perf_counter() - started, processor_seconds(process) - used
    count = given.batches * given.batch
    p50, p99 = (sorted(millis)[min(len(millis) - 1, int(share * len(millis)))] for share in (0.5, 0.99))
    print(
        f"{name}: {count:,} events in {seconds:.1f} s: {count / seconds:,.0f}/s; {given.batch} in one batch: ", end=""
    )
    print(f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, worst {max(millis):.0f} ms; ", end="")
    print(f"the server's processor: {used / given.batches * 1000:.0f} ms each, {count / used:,.0f}/s", flush=True)


def processor_seconds(process: int) -> float:
    """Return the processor time a process has used: on a busy machine the fairer measure."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def body(rng: random.Random, number: int, given: argparse.Namespace) -> bytes:
    """Return a batch as a shop would send it: a few fields, times that go on."""
    events = []
    for n in range(given.batch):
        event = {
            "user_id": f"user{rng.randrange(USERS)}",
            "type": rng.choice(("view", "view", "view", "cart", "purchase")),
            "time": START + (number * given.batch + n) * 20,
            "item_id": f"p{rng.randrange(PRODUCTS)}",
            "session_id": f"s{rng.randrange(10**9)}",
            "surface": "search",
        }
        events.append(event | ({"event_id": f"{rng.getrandbits(96):024x}"} if given.ids else {}))
    return orjson.dumps(events)


def post(client: http.client.HTTPConnection, path: str, content: bytes) -> dict[str, int]:
    client.request("POST", path, content, {"content-type": "application/json", "x-zhanggui-key": KEY})
    answer = client.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {content[:300]!r}")
    return orjson.loads(content)


@contextlib.contextmanager
def served(home: Path, store: str) -> Iterator[tuple[int, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "zhanggui", "--home", str(home), "serve", "--port", str(port)]
    given = {"ZHANGGUI_ENCODER": "none", "ZHANGGUI_WRITE_KEY": KEY, "ZHANGGUI_STORE": store}
    process = subprocess.Popen(command, env={**os.environ, **given}, stderr=subprocess.DEVNULL)
    try:
        wait_until_ready(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        if process.poll() is not None:
            raise SystemExit(f"The server ended with code {process.returncode}.")
        with contextlib.suppress(OSError):
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            client.request("GET", "/v1/health")
            if b'"ready":true' in client.getresponse().read():
                return
        time.sleep(0.05)


if __name__ == "__main__":
    main()
