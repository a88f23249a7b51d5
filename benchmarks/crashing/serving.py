"""Rounds of a server's life: start it, let clients work, kill it, prove the home."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote

from benchmarks.crashing.client import Client
from benchmarks.crashing.ledger import WORDS, Json, Sent, events_of, product_of
from benchmarks.crashing.program import kill, until
from benchmarks.crashing.yard import KEY, Tally, Worker, Yard, gone, retry, send, stopped

PROJECTIONS = 0.5
"""Share of kills after which projections are compared with a rebuild; the Store is proved after every one."""

COLD_EVERY = 20
"""Every so many-th start is one from nothing, as a person or systemd starts it."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """How a server's lives go: shares of kills while it opens and while it closes, seconds of work before others."""

    workers: Sequence[Worker]
    opening: float = 0.2
    closing: float = 0.15
    work: float = 0.35
    before: Callable[[Yard, random.Random], None] = lambda yard, rng: None

    def one(self, yard: Yard, rng: random.Random, tally: Tally, number: int) -> None:
        """Live once; the tally counts the kill if it hit."""
        self.before(yard, rng)
        cold = number % COLD_EVERY == COLD_EVERY - 1
        started = yard.serve(cold=cold)
        program = yard.program
        assert program is not None
        if rng.random() < self.opening and not cold:
            until(started + rng.uniform(0, 1.1) * yard.opening)
            hit = kill(program)
        else:
            took = yard.ready() - started
            (tally.cold if cold else tally.restarts).append(took)
            if not cold:
                yard.opening = 0.7 * yard.opening + 0.3 * took
            hit = self._worked(yard, rng)
        tally.kills += hit
        yard.prove(tally, projections=rng.random() < PROJECTIONS)

    def _worked(self, yard: Yard, rng: random.Random) -> bool:
        program = yard.program
        assert program is not None
        faults: list[BaseException] = []
        threads = [
            threading.Thread(target=_repeat, args=(yard, worker, random.Random(rng.random()), not place, faults))
            for place, worker in enumerate(self.workers)
        ]
        for thread in threads:
            thread.start()
        until(time.monotonic() + rng.uniform(0, self.work))
        if rng.random() < self.closing:
            stopped(program)
            until(time.monotonic() + rng.uniform(0, 0.2))
        hit = kill(program)
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        return hit


def _repeat(yard: Yard, worker: Worker, rng: random.Random, first: bool, faults: list[BaseException]) -> None:
    def work() -> None:
        with closing(Client(yard.port, KEY)) as client:
            if first:
                retry(yard, client)
            while True:
                worker(yard, client, rng)

    try:
        gone(work)
    except AssertionError as fault:
        faults.append(fault)


def put_events(yard: Yard, client: Client, rng: random.Random) -> None:
    """Send a batch of new events, now and then with some known ones among them."""
    now = time.time_ns() // 1_000_000
    size = rng.choice((1, 3, 20, 120))
    new = events_of(rng, 60, yard.names, f"{rng.getrandbits(60):x}", size, now)
    known = list(yard.ledger.events.values())[-200:]
    old = tuple(rng.sample(known, min(len(known), 2))) if rng.random() < 0.3 else ()
    send(yard, client, yard.ledger.send(Sent(events=new + old)))


def change_products(yard: Yard, client: Client, rng: random.Random) -> None:
    """Put new products, change some, remove some."""
    act = rng.randrange(4)
    names = rng.sample(yard.names, rng.choice((1, 1, 5, 30)))
    if act == 3:
        changes: tuple[tuple[str, Json | None], ...] = tuple((name, None) for name in names)
    else:
        if act == 0 and len(yard.names) < 400:
            names = [f"n{rng.getrandbits(50):x}" for _ in names]
            yard.names += names
        changes = tuple((name, product_of(rng, name)) for name in names)
    send(yard, client, yard.ledger.send(Sent(changes=changes)))


def read_pages(yard: Yard, client: Client, rng: random.Random) -> None:
    """Ask for a page; none may be an error."""
    paths = (
        f"/v1/search?q={quote(rng.choice(WORDS))}",
        f"/v1/recommend/u{rng.randrange(60)}",
        "/v1/trending?k=10",
        f"/v1/search?q={quote(rng.choice(WORDS))}&sort=price_up&in_stock=1",
    )
    client.get(rng.choice(paths))
    time.sleep(0.005)
