"""Rounds in which PostgreSQL itself is killed while the shop serves, and comes back; the shop is not started again."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Protocol

from benchmarks.crashing.client import Client, GoneError, RefusedError
from benchmarks.crashing.ledger import Sent, events_of
from benchmarks.crashing.program import kill, until
from benchmarks.crashing.proofs import prove_store
from benchmarks.crashing.serving import change_products, put_events
from benchmarks.crashing.yard import KEY, Tally, Worker, Yard, retry, send
from zhanggui.data.store import open_store

LIVES = 4
"""So many outages one process of the shop lives through before it is killed, and its home proved, too."""

PATIENCE = 30.0
"""Seconds within which the shop must write again once PostgreSQL answers; what it takes is measured."""

PAGES = ("/v1/trending", "/v1/recommend/u1", "/v1/recommend/stranger", "/v1/search?q=tea", "/v1/search?q=zzz")


class Database(Protocol):
    """A server that can be killed and started again."""

    def crash(self) -> None:
        """Kill it and all its processes at once."""
        ...

    def start(self) -> None:
        """Start it and wait until it answers."""
        ...


class Outages:
    """Kill PostgreSQL under writers; while it is away pages go on and writes are refused; then nothing is missing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, yard: Yard, rng: random.Random, tally: Tally, number: int) -> None:
        """Live through one outage."""
        if yard.program is None or not yard.program.alive():
            yard.serve()
            yard.ready()
        with closing(Client(yard.port, KEY)) as client:
            self._look(client)
            with _writing(yard, rng):
                until(time.monotonic() + rng.uniform(0.05, 0.4))
                self._database.crash()
                tally.kills += 1
                until(time.monotonic() + rng.uniform(0.0, 0.3))
                self._away(yard, client, rng)
            self._database.start()
            tally.restarts.append(self._back(yard, client, rng, tally))
        if number % LIVES == LIVES - 1:
            assert yard.program is not None
            tally.kills += kill(yard.program)
            yard.prove(tally)

    def _look(self, client: Client) -> None:
        """Ask for every page once: what the shop has looked up it need not ask the Store for."""
        for page in PAGES:
            client.get(page)

    def _away(self, yard: Yard, client: Client, rng: random.Random) -> None:
        self._look(client)
        status, content = client.call("GET", "/v1/health")
        if status != 503 or content["error"]["code"] != "store":
            raise AssertionError(f"GET /v1/health without a Store: {status} {content}")
        now = time.time_ns() // 1_000_000
        sent = yard.ledger.send(Sent(events=events_of(rng, 60, yard.names, f"away{rng.getrandbits(50):x}", 3, now)))
        try:
            send(yard, client, sent)
        except RefusedError as refused:
            if word := refused.fault():
                raise AssertionError(word) from refused
        else:
            raise AssertionError("a batch was acknowledged while PostgreSQL was away")

    def _back(self, yard: Yard, client: Client, rng: random.Random, tally: Tally) -> float:
        """Prove what is there, send what is missing; return the seconds until a write was taken."""
        started = time.monotonic()
        self._first_write(yard, client, rng)
        took = time.monotonic() - started
        with closing(open_store(yard.url)) as store:
            prove_store(store, yard.tables(alone=False), yard.ledger, tally.found)
        retry(yard, client)
        put_events(yard, client, rng)
        while (health := client.get("/v1/health"))["lag"] or "follow" in health["degraded"]:
            if time.monotonic() > started + PATIENCE:
                raise AssertionError(f"{PATIENCE} s after PostgreSQL is back: {health}")
            time.sleep(0.02)
        return took

    def _first_write(self, yard: Yard, client: Client, rng: random.Random) -> None:
        now, deadline = time.time_ns() // 1_000_000, time.monotonic() + PATIENCE
        name = f"back{rng.getrandbits(50):x}"
        sent = yard.ledger.send(Sent(events=events_of(rng, 60, yard.names, name, 3, now)))
        while True:
            try:
                return send(yard, client, sent)
            except RefusedError as refused:
                if refused.fault() or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


@contextmanager
def _writing(yard: Yard, rng: random.Random) -> Iterator[None]:
    """Let clients write until each is refused once, as it should be: what it sent last stays open in the ledger."""
    faults: list[Exception] = []
    threads = [
        threading.Thread(target=_write, args=(yard, worker, random.Random(rng.random()), faults))
        for worker in (put_events, change_products)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
    if faults:
        raise faults[0]


def _write(yard: Yard, worker: Worker, rng: random.Random, faults: list[Exception]) -> None:
    try:
        with closing(Client(yard.port, KEY)) as client:
            while True:
                worker(yard, client, rng)
    except RefusedError as refused:
        if word := refused.fault():
            faults.append(AssertionError(word))
    except (AssertionError, GoneError) as fault:
        faults.append(fault)
