"""The demo's shop over HTTP, one client: time to ready, resident memory, milliseconds of search and recommendation.

Run `zhanggui demo` first, until meaning is complete. Every query is asked once, so no cache of ours answers it.
"""

import argparse
import contextlib
import http.client
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import orjson

CHINESE = (
    "冰淇淋",
    "牛奶",
    "婴儿",
    "洗衣液",
    "狗粮",
    "巧克力",
    "咖啡",
    "面包",
    "鸡肉",
    "苹果",
    "番茄酱",
    "薯片",
    "果汁",
    "奶酪",
    "鸡蛋",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(".zhanggui/demo"))
    parser.add_argument("--queries", type=int, default=400)
    given = parser.parse_args()
    for start in ("first", "second"):
        with served(given.home) as (client, seconds, process):
            print(f"{start} start: ready in {seconds:.1f} s, {resident(process.pid):.0f} MiB resident")
            if start == "second":
                wait_for(client.settled, process)
                measure(client, given.queries)
                print(f"after the load: {resident(process.pid):.0f} MiB resident")


def measure(client: "Client", count: int) -> None:
    rng = random.Random(7)
    titles = [item["title"] for item in client.get("/v1/trending?k=200&lang=en")["items"]]
    users = client.users()
    searches = [f"/v1/search?k=20&lang=en&q={quote(query)}" for query in queries(titles, count, rng)]
    feeds = [f"/v1/recommend/{user}?k=20&lang=zh" for user in rng.sample(users, min(count, len(users)))]
    for path in (*searches[:20], *feeds[:20]):
        client.get(path)
    report("hybrid search with facets", [client.millis(path) for path in searches[20:]])
    report("recommend", [client.millis(path) for path in feeds[20:]])


def queries(titles: list[str], count: int, rng: random.Random) -> list[str]:
    words = sorted({word.lower() for title in titles for word in re.findall(r"[A-Za-z]{3,}", title)})
    made = {" ".join(rng.sample(words, rng.randint(1, 3))) for _ in range(count)}
    return rng.sample(sorted(made), len(made)) + [
        f"{rng.choice(CHINESE)} {rng.choice(words)}" for _ in range(count // 4)
    ]


def report(name: str, millis: list[float]) -> None:
    ordered = sorted(millis)
    at = {share: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 0.99)}
    print(f"{name}: n={len(ordered)}  p50 {at[0.5]:.1f}  p95 {at[0.95]:.1f}  p99 {at[0.99]:.1f} ms")


class Client:
    """One connection, kept open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def raw(self, path: str) -> bytes:
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")
        return body

    def get(self, path: str) -> dict[str, list[dict[str, str]]]:
        return orjson.loads(self.raw(path))

    def millis(self, path: str) -> float:
        started = time.perf_counter()
        self.raw(path)
        return (time.perf_counter() - started) * 1000

    def settled(self) -> bool:
        """Tell whether all vectors are in the index: they are put there from the cache while the shop answers."""
        meaning = orjson.loads(self.raw("/v1/health"))["meaning"]
        return bool(meaning["done"] == meaning["total"])

    def users(self) -> list[str]:
        return [str(number) for number in range(1, 2400)]


@contextlib.contextmanager
def served(home: Path) -> Iterator[tuple[Client, float, subprocess.Popen[bytes]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "zhanggui", "--home", str(home), "serve", "--port", str(port)]
    environment = {**os.environ, "ZHANGGUI_CLOCK_START": "2017-10-16", "ZHANGGUI_LOG_LEVEL": "warning"}
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for(lambda: ready(port), process)
        yield Client(port), time.perf_counter() - started, process
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    while not condition():
        if process.poll() is not None:
            raise SystemExit(f"The server ended with code {process.returncode}.")
        time.sleep(0.02)


def ready(port: int) -> bool:
    try:
        return b'"ready":true' in Client(port).raw("/v1/health")
    except OSError:
        return False


def resident(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


if __name__ == "__main__":
    main()
