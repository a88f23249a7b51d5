"""The scenarios: what is killed, doing what, in which home."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.crashing.deriving import Releases, lose_something
from benchmarks.crashing.importing import Imports
from benchmarks.crashing.outages import Database, Outages
from benchmarks.crashing.program import Nursery
from benchmarks.crashing.serving import Rounds, change_products, put_events, read_pages
from benchmarks.crashing.yard import Tally, Yard


class Way(Protocol):
    """How one life goes."""

    def one(self, yard: Yard, rng: random.Random, tally: Tally, number: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Scenario:
    """A name, its share of the kills, how a life goes; what the home is like; lives until it is made anew."""

    name: str
    share: float
    way: Callable[[], Way]
    items: int = 120
    encoder: str = "none"
    lives: int = 25


EVENTS, PRODUCTS = 45_000, 9_000
"""Lines of one file to import: a few megabytes, which are read and committed in two blocks or more."""

SCENARIOS = (
    Scenario("events over HTTP", 0.3, lambda: Rounds((put_events, read_pages))),
    Scenario("catalogue over HTTP", 0.25, lambda: Rounds((change_products, read_pages))),
    Scenario("import events", 0.1, lambda: Imports("events", EVENTS), lives=10),
    Scenario("import products", 0.05, lambda: Imports("products", PRODUCTS), lives=10),
    Scenario(
        "index and vectors",
        0.2,
        lambda: Rounds((change_products, read_pages), opening=0.45, closing=0.3, before=lose_something),
        items=300,
        encoder="hash",
    ),
    Scenario("Releases", 0.1, Releases, lives=40),
)


def outages(database: Database) -> Scenario:
    """Return the scenario in which PostgreSQL itself is killed."""
    return Scenario("PostgreSQL itself", 0.25, lambda: Outages(database))


class Play:
    """A scenario that is being played: one home after the other, each with a Store of its own.

    `new_store` makes an empty database and returns its URL, or nothing: then the Store is in the home.
    """

    def __init__(
        self,
        scenario: Scenario,
        nursery: Nursery,
        folder: Path,
        *,
        seed: int,
        new_store: Callable[[], str] = lambda: "",
    ) -> None:
        self.scenario, self.tally = scenario, Tally()
        self.yard: Yard | None = None
        self._nursery, self._folder, self._new_store = nursery, folder, new_store
        self._rng = random.Random(f"{seed}/{scenario.name}")
        self._lives = 0
        self._way = scenario.way()

    def one(self) -> None:
        """Live once. Raises AssertionError or GoneError when the program misbehaves."""
        if self._lives % self.scenario.lives == 0:
            self.end()
            self._way = self.scenario.way()
            place = self._folder / f"{self.scenario.name.replace(' ', '-')}-{self._lives}"
            given = self.scenario
            self.yard = Yard(
                self._nursery, place, self._rng, encoder=given.encoder, store=self._new_store(), items=given.items
            )
        assert self.yard is not None
        self._way.one(self.yard, self._rng, self.tally, self._lives)
        self._lives += 1

    def end(self) -> None:
        """Delete the home."""
        if self.yard is not None:
            self.yard.delete()
            self.yard = None
