"""Rounds in which what is derived is written: the index anew at opening, vectors, Releases."""

import random
import shutil
import time
from contextlib import closing

from benchmarks.crashing.client import Client
from benchmarks.crashing.ledger import Sent, events_of
from benchmarks.crashing.program import kill, until
from benchmarks.crashing.yard import KEY, Tally, Yard
from zhanggui.core.errors import ReleaseError
from zhanggui.data.release import current, open_release, releases

LOSSES = ("index", "index/columns.npz", "index/text/meta.json", "vectors", "state", "")
"""What goes missing before a start, so that it is made anew; nothing is one of them."""


def lose_something(yard: Yard, rng: random.Random) -> None:
    """Delete a projection or a part of one."""
    lost = rng.choice(LOSSES)
    if not lost:
        return
    place = yard.home / lost
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


class Releases:
    """Training and changes of the Release in use are killed while a server starts and runs, and the server with them.

    The Release in use must be one that was whole: the one before or the one after.
    """

    def __init__(self) -> None:
        self._training, self._choosing = 4.0, 0.3

    def one(self, yard: Yard, rng: random.Random, tally: Tally, number: int) -> None:
        """Kill one of: training, a change of the Release in use, the server."""
        if not current(yard.home):
            self._first(yard, rng)
        victims = ("train", "choose", "choose", "choose", "serve", "serve")
        victim = victims[number % len(victims)]
        before = {manifest.name for manifest in releases(yard.home)}
        started = time.monotonic()
        if victim == "serve":
            tally.kills += self._server(yard, rng, tally)
        else:
            tally.kills += self._command(yard, rng, victim, sorted(before), started)
        self._proven(yard, before, tally)
        yard.prove(tally, projections=victim == "serve")

    def _server(self, yard: Yard, rng: random.Random, tally: Tally) -> bool:
        """Start a server while the Release in use changes, let it answer, kill it."""
        chosen = rng.choice([manifest.name for manifest in releases(yard.home)])
        changing = yard.run("releases", "--promote", chosen)
        started = yard.serve()
        assert yard.program is not None
        if rng.random() < 0.4:
            until(started + rng.uniform(0, 1.1) * yard.opening)
        else:
            took = yard.ready() - started
            tally.restarts.append(took)
            yard.opening = 0.7 * yard.opening + 0.3 * took
            with closing(Client(yard.port, KEY)) as client:
                client.get(f"/v1/recommend/u{rng.randrange(60)}")
        if code := changing.wait():
            tally.found.other.append(f"releases --promote {chosen} ended with {code}: {yard.told()[-300:]}")
        return kill(yard.program)

    def _command(self, yard: Yard, rng: random.Random, victim: str, names: list[str], started: float) -> bool:
        if victim == "train":
            program, lasting = yard.run("train"), self._training
        else:
            program, lasting = yard.run("releases", "--promote", rng.choice(names)), self._choosing
        until(started + rng.uniform(0.0, 1.1) * lasting)
        if kill(program):
            return True
        took = time.monotonic() - started
        if victim == "train":
            self._training = 0.5 * self._training + 0.5 * took
        else:
            self._choosing = 0.5 * self._choosing + 0.5 * took
        return False

    def _first(self, yard: Yard, rng: random.Random) -> None:
        """Give the home events and two Releases to choose from."""
        now = time.time_ns() // 1_000_000
        events = events_of(rng, 60, yard.names, "first", 1500, now)
        file = yard.folder / "first.jsonl"
        yard.write(file, events)
        for argv in (("import", "events", str(file)), ("train",), ("train",)):
            started = time.monotonic()
            if yard.run(*argv).wait() != 0:
                raise AssertionError(yard.told())
            self._training = time.monotonic() - started
        yard.take(Sent(events=events))

    def _proven(self, yard: Yard, before: set[str], tally: Tally) -> None:
        for name in ("current", *before):
            try:
                open_release(yard.home, name)
            except ReleaseError as error:
                tally.found.lost.append(f"Release {name}: {error}")
        if gone := before - {manifest.name for manifest in releases(yard.home)}:
            tally.found.lost.append(f"Releases {gone}")
