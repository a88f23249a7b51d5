"""Rounds of `zhanggui import` killed and started again."""

import random
import time
from pathlib import Path

from benchmarks.crashing.ledger import Json, Sent, events_of, product_of
from benchmarks.crashing.program import kill, until
from benchmarks.crashing.tables import Tables
from benchmarks.crashing.yard import Tally, Yard

PATIENCE = 4
"""Kills of one file before it may be imported in peace."""


class Imports:
    """Bring the same file in until it is in: what was committed before a kill counts as repeated afterwards."""

    def __init__(self, kind: str, lines: int) -> None:
        self._kind, self._lines = kind, lines
        self._lasting = 1.0
        self._left = 0
        self._file = Path()
        self._records: tuple[Json, ...] = ()

    def one(self, yard: Yard, rng: random.Random, tally: Tally, number: int) -> None:
        """Import once; killed at some moment, unless this file had its share of kills."""
        if not self._records:
            self._begin(yard, rng, number)
        program, started = yard.run("import", self._kind, str(self._file)), time.monotonic()
        if self._left:
            until(started + rng.uniform(0.0, self._lasting))
            self._left -= 1
            if kill(program):
                tally.kills += 1
                self._halve(yard)
                yard.prove(tally, projections=number % 4 == 3)
                return
        elif code := program.wait():
            tally.found.other.append(f"import {self._kind} ended with {code}: {yard.told()[-300:]}")
        self._lasting = 0.5 * self._lasting + 0.5 * (time.monotonic() - started)
        self._done(yard)
        yard.prove(tally)

    def _begin(self, yard: Yard, rng: random.Random, number: int) -> None:
        self._left, self._file = PATIENCE, yard.folder / f"{self._kind}-{number}.jsonl"
        if self._kind == "events":
            now = time.time_ns() // 1_000_000
            self._records = events_of(rng, 3000, yard.names, f"i{number}", self._lines, now)
        else:
            self._records = tuple(product_of(rng, f"p{place}") for place in range(self._lines))
        yard.write(self._file, self._records)

    def _halve(self, yard: Yard) -> None:
        """Take what the Store holds for acknowledged: an import promises no more than that it may be repeated."""
        tables = yard.tables()
        there = [one for one in self._records if self._there(one, tables)]
        yard.take(self._sent(tuple(there)))

    def _there(self, record: Json, tables: Tables) -> bool:
        if self._kind == "events":
            return record["event_id"] in tables.events
        return tables.holds(record["item_id"], record)

    def _done(self, yard: Yard) -> None:
        yard.take(self._sent(self._records))
        self._records = ()
        self._file.unlink()

    def _sent(self, records: tuple[Json, ...]) -> Sent:
        if self._kind == "events":
            return Sent(events=records)
        return Sent(changes=tuple((record["item_id"], record) for record in records))
