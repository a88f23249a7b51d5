"""A shop under steady mixed load: errors, latencies by kind, memory over time and its slope.

Arrivals are open-loop: a request starts when it is due, whether or not earlier ones are done, and its latency counts
from then. The slope is fitted by least squares after the first two minutes (after half of a shorter run). Fails on any
error or a slope above 1 MB/min. `--minutes 3` is a short run.
"""

import argparse
import collections
import http.client
import itertools
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np
import orjson

from benchmarks.fuzz_http import KEY, served
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product

WORDS = (
    "green black red tea coffee mug pot oil bread milk soap rice noodle salt sugar pear apple 茶 杯 米 面 油 皂".split()
)
KINDS = ("view", "view", "view", "click", "cart", "purchase")
EVENTS_A_POST = 10
SLOPE = 1.0
CLIENTS = 64


@dataclass
class Seen:
    """What came back, by kind."""

    millis: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    errors: collections.Counter[str] = field(default_factory=collections.Counter)
    memory: list[tuple[float, float]] = field(default_factory=list)


class Shoppers:
    """Makes requests: the same seed makes the same ones."""

    def __init__(self, products: int, users: int) -> None:
        self._products, self._users, self._rng = products, users, random.Random(7)
        self._numbers = itertools.count()

    def read(self, number: int) -> tuple[str, str, str, bytes]:
        item, user = f"p{self._rng.randrange(self._products)}", f"u{self._rng.randrange(self._users)}"
        words = quote(" ".join(self._rng.sample(WORDS, 2)))
        kind, path = (
            ("search", f"/v1/search?q={words}&user={user}"),
            ("recommend", f"/v1/recommend/{user}"),
            ("similar", f"/v1/similar/{item}?user={user}"),
            ("product", f"/v1/products/{item}"),
            ("home", "/"),
        )[number % 5]
        return kind, "GET", path, b""

    def events(self, number: int) -> tuple[str, str, str, bytes]:
        now = int(time.time() * 1000)
        batch = [
            {
                "event_id": f"soak-{next(self._numbers)}",
                "user_id": f"u{self._rng.randrange(self._users)}",
                "type": self._rng.choice(KINDS),
                "time": now,
                "item_id": f"p{self._rng.randrange(self._products)}",
            }
            for _ in range(EVENTS_A_POST)
        ]
        return "events", "POST", "/v1/events", orjson.dumps(batch)

    def change(self, number: int) -> tuple[str, str, str, bytes]:
        item = self._rng.randrange(self._products)
        title = " ".join(self._rng.sample(WORDS, 4))
        return "change", "POST", "/v1/products", orjson.dumps([product(item, title)])


def product(number: int, title: str) -> dict[str, object]:
    shelf = WORDS[number % len(WORDS)]
    return {"item_id": f"p{number}", "title": f"{title} {number}", "price": number % 90 + 1, "category": ["all", shelf]}


def main() -> None:
    given = options()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"ZHANGGUI_ENCODER": given.encoder, **dict(pair.split("=", 1) for pair in given.set)}
        with served(Path(folder), content=fill(given.products, given.users), **settings) as server:
            seen = soak(server.url, server.process.pid, given)
            if given.metrics:
                print(_metrics(server.url))
    slope = slope_of(seen.memory, given.minutes)
    for kind, millis in sorted(seen.millis.items()):
        p50, p99 = np.percentile(millis, [50, 99])
        print(f"{kind:10} n={len(millis):6}  p50 {p50:7.1f}  p99 {p99:7.1f} ms")
    print(f"errors: {dict(seen.errors) or 'none'}; memory slope {slope:+.2f} MB/min (at most {SLOPE:g})")
    sys.exit(bool(seen.errors) or slope > SLOPE)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--reads", type=float, default=50, help="Requests a second.")
    parser.add_argument("--events", type=float, default=300, help="Events a second, ten a request.")
    parser.add_argument("--changes", type=float, default=20, help="Catalogue changes a second.")
    parser.add_argument("--products", type=int, default=5000)
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--encoder", default="hash")
    parser.add_argument("--set", action="append", default=[], help="A variable of the server, as NAME=VALUE.")
    parser.add_argument("--metrics", action="store_true", help="Show the server's own figures at the end.")
    return parser.parse_args()


def soak(url: str, pid: int, given: argparse.Namespace) -> Seen:
    seen, shoppers, connections = Seen(), Shoppers(given.products, given.users), threading.local()
    started, end = time.monotonic(), given.minutes * 60
    streams = [
        (given.reads, shoppers.read),
        (given.events / EVENTS_A_POST, shoppers.events),
        (given.changes, shoppers.change),
    ]
    next_look = 0.0
    with ThreadPoolExecutor(CLIENTS) as pool:
        for due, call in arrivals([(rate, make) for rate, make in streams if rate > 0], end):
            time.sleep(max(0.0, started + due - time.monotonic()))
            pool.submit(ask, url, connections, call, started + due, seen)
            if due >= next_look:
                look(pid, due, seen)
                next_look += 30
    look(pid, end, seen)
    return seen


def arrivals(
    streams: list[tuple[float, Callable[[int], tuple[str, str, str, bytes]]]], end: float
) -> Iterator[tuple[float, tuple[str, str, str, bytes]]]:
    """Yield (second, request) in order of time: each stream at its even pace."""
    counts = [0] * len(streams)
    while True:
        dues = [count / rate for count, (rate, _) in zip(counts, streams, strict=True)]
        first = dues.index(min(dues))
        if dues[first] >= end:
            return
        yield dues[first], streams[first][1](counts[first])
        counts[first] += 1


def ask(url: str, connections: threading.local, call: tuple[str, str, str, bytes], due: float, seen: Seen) -> None:
    kind, method, path, body = call
    try:
        status = _exchange(url, connections, method, path, body)
    except (OSError, http.client.HTTPException) as error:
        connections.one = None
        seen.errors[f"{kind}: {type(error).__name__}"] += 1
        return
    seen.millis[kind].append((time.monotonic() - due) * 1000)
    if status != 200:
        seen.errors[f"{kind}: {status}"] += 1


def _exchange(url: str, connections: threading.local, method: str, path: str, body: bytes) -> int:
    connection = getattr(connections, "one", None)
    if connection is None or time.monotonic() - connections.used > 5:  # the server closes what is idle
        server = urlsplit(url)
        connection = connections.one = http.client.HTTPConnection(str(server.hostname), server.port, timeout=60)
    connections.used = time.monotonic()
    connection.request(method, path, body or None, {"X-Zhanggui-Key": KEY})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def look(pid: int, second: float, seen: Seen) -> None:
    # `statm` would be quicker and is off by tens of MB (proc(5): "inaccurate").
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    resident = int(next(line for line in rollup.splitlines() if line.startswith("Rss:")).split()[1]) / 1e3
    seen.memory.append((second, resident))
    done, threads = sum(map(len, seen.millis.values())), len(os.listdir(f"/proc/{pid}/task"))
    told = f"{second:5.0f} s: {resident:7.1f} MB resident, {threads} threads, {done} answers"
    print(f"{told}, {sum(seen.errors.values())} errors", flush=True)


def slope_of(memory: list[tuple[float, float]], minutes: float) -> float:
    """Return MB per minute by least squares over what lies after the start."""
    begin = min(120.0, minutes * 30)
    late = np.array([(second / 60, resident) for second, resident in memory if second >= begin])
    return float(np.polyfit(late[:, 0], late[:, 1], 1)[0]) if len(late) > 1 else 0.0


def fill(products: int, users: int) -> Iterator[Product | Event]:
    rng, now = random.Random(3), int(time.time() * 1000)
    for number in range(products):
        made = product(number, " ".join(rng.sample(WORDS, 4)))
        yield Product(
            str(made["item_id"]),
            str(made["title"]),
            price=float(number % 90 + 1),
            category=("all", WORDS[number % len(WORDS)]),
        )
    for number in range(users * 25):
        item, user = f"p{rng.randrange(products)}", f"u{rng.randrange(users)}"
        yield Event(f"e{number}", user, EventType.PURCHASE, now - rng.randrange(90 * 86_400_000), item)


def _metrics(url: str) -> str:
    server = urlsplit(url)
    connection = http.client.HTTPConnection(str(server.hostname), server.port)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    return "\n".join(line for line in lines if line.startswith("zhanggui") and "_bucket" not in line)


if __name__ == "__main__":
    main()
