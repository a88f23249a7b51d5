"""One home, the server on it, and what is known of both."""

import random
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from benchmarks.crashing.client import Client, GoneError, free_port
from benchmarks.crashing.ledger import Json, Ledger, Sent, product_of
from benchmarks.crashing.program import Cold, Nursery, Program, kill, until
from benchmarks.crashing.proofs import prove_projections, prove_store
from benchmarks.crashing.tables import Findings, Tables, read_tables
from zhanggui.app.settings import Settings, load
from zhanggui.core.protocols import Store
from zhanggui.data.records import product_from
from zhanggui.data.store import open_store
from zhanggui.data.store.places import url_of
from zhanggui.encoders.hashed import HashEncoder

KEY = "crash"
READY = 60.0
"""Seconds after which a server that does not become ready is a fault; what it takes is measured."""

Worker = Callable[["Yard", Client, random.Random], None]
"""What a client does once; it is called again and again until the server is gone."""


@dataclass(slots=True)
class Tally:
    """What a scenario came to."""

    kills: int = 0
    found: Findings = field(default_factory=Findings)
    restarts: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)


class Yard:
    """A home with a catalogue in it."""

    def __init__(
        self, nursery: Nursery, folder: Path, rng: random.Random, *, encoder: str = "none", store: str = "", items: int
    ) -> None:
        (folder / "home").mkdir(parents=True)
        self.folder, self.home, self.log = folder, folder / "home", folder / "log"
        self.nursery, self.rng, self.encoder, self.url = nursery, rng, encoder, store
        self.ledger, self.port = Ledger(), free_port()
        self.names = [f"p{number}" for number in range(items)]
        self.program: Program | None = None
        self.opening = 0.5  # seconds that opening took the last times
        self._fill()

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings as the program reads them."""
        given = {"HOME": str(self.home), "ENCODER": self.encoder, "WRITE_KEY": KEY, "STORE": self.url}
        return {f"ZHANGGUI_{name}": value for name, value in given.items()}

    def settings(self, home: Path) -> Settings:
        """Return the settings for a home that stands elsewhere."""
        return load({**self.environment, "ZHANGGUI_HOME": str(home)})

    def run(self, *argv: str) -> Program:
        """Start any command on the home."""
        return self.nursery.start(argv, self.environment, self.log)

    def serve(self, *, cold: bool = False) -> float:
        """Start the server; return the moment."""
        argv, started = ("serve", "--port", str(self.port)), time.monotonic()
        self.program = Cold(argv, self.environment, self.log) if cold else self.run(*argv)
        return started

    def ready(self) -> float:
        """Wait for the server; return when it was ready. Raises GoneError."""
        assert self.program is not None
        with closing(Client(self.port, KEY)) as client:
            client.ready(self.program.alive, seconds=READY)
        return time.monotonic()

    def tables(self, *, alone: bool = True) -> Tables:
        """Read the tables as they stand; `alone` when no program of ours is left that could write."""
        return read_tables(url_of(self.url or self.home / "shop.db"), Findings(), alone=alone)

    def take(self, sent: Sent) -> None:
        """Note what is known to be committed."""
        self.ledger.acknowledge(self.ledger.send(sent))

    def prove(self, tally: Tally, *, projections: bool = True) -> None:
        """Prove a copy of the home, which nobody has open; a Store in a database is proved where it is."""
        found = tally.found
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.home, copy, symlinks=True)
        place = self.url or copy / "shop.db"
        tables = read_tables(url_of(place), found)
        with closing(open_store(place)) as store:
            prove_store(store, tables, self.ledger, found)
        if not projections:
            return
        encoder = HashEncoder() if self.encoder == "hash" else None
        prove_projections(self.settings(copy), encoder, now=time.time_ns() // 1_000_000, found=found)

    def write(self, file: Path, records: Sequence[Json]) -> None:
        """Write a file to import."""
        file.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))

    def delete(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.folder)

    def told(self) -> str:
        """Return the end of what the program said."""
        return self.log.read_text("utf-8", "replace")[-4000:] if self.log.exists() else ""

    def _fill(self) -> None:
        products = [product_of(self.rng, name) for name in self.names]
        with closing(open_store(self.url or self.home / "shop.db")) as store:
            from_json(store, products)
        self.take(Sent(changes=tuple((product["item_id"], product) for product in products)))


def from_json(store: Store, products: Sequence[Json]) -> None:
    """Put products in the API's form into a Store."""
    store.put_products([product_from(product) for product in products])


def retry(yard: Yard, client: Client) -> None:
    """Send again what was not acknowledged, as any client would. Raises GoneError."""
    for sent in list(yard.ledger.open):
        send(yard, client, sent)


def send(yard: Yard, client: Client, sent: Sent) -> None:
    """Send a batch and take its receipt: it must have changed what the ledger says. Raises GoneError."""
    if sent.events:
        receipt = client.post("/v1/events", sent.events)
    elif all(product is not None for _, product in sent.changes):
        receipt = client.post("/v1/products", [product for _, product in sent.changes if product is not None])
    elif len(sent.changes) == 1:
        receipt = client.delete(sent.changes[0][0])
    else:
        receipt = client.post("/v1/products/remove", [{"item_id": item} for item, _ in sent.changes])
    made = yard.ledger.acknowledge(sent)
    if receipt["written"] != made:
        raise AssertionError(f"written {receipt['written']}, the ledger says {made}: {str(sent)[:300]}")


def stopped(program: Program) -> None:
    """Ask a program to end, as the system does when it shuts down."""
    program.signal(signal.SIGTERM)


def kill_at(program: Program, moment: float) -> bool:
    """Kill at a moment of the monotonic clock; return whether it hit."""
    until(moment)
    return kill(program)


def gone(work: Callable[[], None]) -> bool:
    """Do something with a server; return True when it has gone meanwhile."""
    try:
        work()
    except GoneError:
        return True
    return False
