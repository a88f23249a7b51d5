"""The load of `benchmarks.memory` and what it looks at."""

import argparse
import ctypes
import gc
import random
import re
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.fuzz_http import fill as write_down
from benchmarks.soak import EVENTS_A_POST, KINDS, SLOPE, WORDS, fill, slope_of
from zhanggui.app.allocator import calm
from zhanggui.app.build import build_shop
from zhanggui.app.settings import load
from zhanggui.app.swapping import settle
from zhanggui.core.clock import FixedClock
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import MINUTE, SECOND, EventId, ItemId, Millis, UserId
from zhanggui.core.product import Product
from zhanggui.core.request import Request, Surface
from zhanggui.engine.shop import Shop

READS, EVENTS, CHANGES = 50, 300, 20
"""A second, as in `benchmarks.soak`."""

TOGETHER = 5
"""Changes in one call: what a busy server commits to its index together."""

THREADS = 16


class Load:
    """The requests of one second after another: the same seed makes the same ones."""

    def __init__(self, shop: Shop, clock: FixedClock, given: argparse.Namespace) -> None:
        self._shop, self._clock, self._given = shop, clock, given
        self._rng, self._events, self._reads = random.Random(7), 0, 0
        self._pool = ThreadPoolExecutor(THREADS)

    def second(self) -> None:
        """Have a second's requests answered, many at a time."""
        calls: list[Callable[[], object]] = []
        if "events" in self._given.only:
            calls += [self._post() for _ in range(EVENTS // EVENTS_A_POST)]
        if "changes" in self._given.only:
            calls += [self._change() for _ in range(CHANGES // TOGETHER)]
        if "reads" in self._given.only:
            calls += [self._read() for _ in range(READS)]
        self._rng.shuffle(calls)
        for answer in [self._pool.submit(call) for call in calls]:
            answer.result()
        self._clock.advance(SECOND)

    def _post(self) -> Callable[[], object]:
        return partial(self._shop.put_events, [self._event() for _ in range(EVENTS_A_POST)])

    def _event(self) -> Event:
        self._events += 1
        kind, now = EventType(self._rng.choice(KINDS)), self._clock.now()
        return Event(EventId(f"soak-{self._events:09}"), self._user(), kind, now, self._item())

    def _change(self) -> Callable[[], object]:
        return partial(self._shop.put_products, [self._product() for _ in range(TOGETHER)])

    def _product(self) -> Product:
        number = self._rng.randrange(self._given.products)
        title, shelf = " ".join(self._rng.sample(WORDS, 4)), WORDS[number % len(WORDS)]
        return Product(ItemId(f"p{number}"), f"{title} {number}", price=float(number % 90 + 1), category=("all", shelf))

    def _read(self) -> Callable[[], object]:
        self._reads += 1
        user, item = self._user(), self._item()
        requests = (
            Request(Surface.SEARCH, user=user, query=" ".join(self._rng.sample(WORDS, 2))),
            Request(Surface.FOR_YOU, user=user),
            Request(Surface.SIMILAR, user=user, item=item),
            Request(Surface.TRENDING, user=user),
        )
        turn = self._reads % (len(requests) + 1)
        page, product = self._shop.page, self._shop.product
        return partial(page, requests[turn]) if turn < len(requests) else partial(product, item)

    def _user(self) -> UserId:
        return UserId(f"u{self._rng.randrange(self._given.users)}")

    def _item(self) -> ItemId:
        return ItemId(f"p{self._rng.randrange(self._given.products)}")


def run(given: argparse.Namespace) -> int:
    """Load a shop for so many minutes, tell what is resident, and return 1 where it grows too fast."""
    trim, clock = calm(), FixedClock(Millis(time.time_ns() // 1_000_000 // MINUTE * MINUTE))
    seen: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(dir=given.folder) as home:
        write_down(Path(home), list(fill(given.products, given.users)))
        with closing(build_shop(load({}, home=home, encoder=given.encoder), clock=clock)) as shop:
            settle()
            trim.start()
            work = Load(shop, clock, given)
            for minute in range(given.minutes + 1):
                if minute % given.every == 0 or minute == 2:
                    seen.append((60.0 * minute, look(minute)))
                for _ in range(60 * (minute < given.minutes)):
                    work.second()
        trim.stop()
    slope = slope_of(seen, given.minutes)
    print(f"memory slope {slope:+.2f} MB/min (at most {SLOPE:g})")
    return int(slope > SLOPE)


def look(minute: int) -> float:
    """Tell resident MB by kind and return their sum."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    kinds = resident()
    told = "  ".join(f"{name} {size:.1f}" for name, size in kinds.items())
    print(f"{minute:4} min {sum(kinds.values()):7.1f} MB: {told}; processor {time.process_time():.0f} s", flush=True)
    return sum(kinds.values())


def resident() -> dict[str, float]:
    """Return resident MB of the heap, of what is mapped without a file, of the shop's files and of libraries."""
    kinds = dict.fromkeys(("heap", "mapped", "files", "libraries"), 0.0)
    kind = ""
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match("[0-9a-f]+-[0-9a-f]+ ", line):
            kind = _kind(*line.split(maxsplit=5)[5:])
        elif line.startswith("Rss:"):
            kinds[kind] += int(line.split()[1]) / 1e3
    return kinds


def _kind(path: str = "") -> str:
    if path.startswith("[") or not path:
        return "heap" if path == "[heap]" else "mapped"
    return "files" if "/text/" in path or ".db" in path else "libraries"
