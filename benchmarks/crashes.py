"""The real program killed at random moments, started again and checked: kills, losses, restarts, by scenario.

`--kills N` over all scenarios; at the first violation it stops, and the home is kept. Restarts are the seconds from
the start of the server until GET /v1/health says ready: `restart` in a process that has the program loaded, `cold`
from the command line on (loading included). Where PostgreSQL itself is killed, `restart` is the time from its first
answer until the shop, which ran on, takes a write.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.crashing.client import GoneError
from benchmarks.crashing.program import nursery
from benchmarks.crashing.scenarios import SCENARIOS, Play, Scenario, outages
from tests.postgres import running_cluster

MEMORY = Path("/dev/shm")
"""Where homes are made unless told otherwise: what a killed process wrote stays whether or not a disk is below."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--folder", type=Path, default=MEMORY if MEMORY.is_dir() else None)
    parser.add_argument("--only", default="", help="Part of a scenario's name")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="crashes-", dir=given.folder))
    with nursery() as made, stores(given.store) as (scenarios, new_store):
        chosen = [one for one in scenarios if given.only in one.name]
        plays = [Play(one, made, folder, seed=given.seed, new_store=new_store) for one in chosen]
        sound = play(plays, kills=given.kills, until=time.monotonic() + 60 * given.minutes)
    if sound:
        shutil.rmtree(folder)
    show(plays)
    return 0 if sound else 1


@contextmanager
def stores(kind: str) -> Iterator[tuple[Sequence[Scenario], Callable[[], str]]]:
    """Yield the scenarios, and what makes a Store for each home; a PostgreSQL of our own, fsync on, ends with us."""
    if kind == "sqlite":
        yield SCENARIOS, lambda: ""
        return
    with running_cluster(durable=True) as cluster:
        yield (*SCENARIOS, outages(cluster)), cluster.database


def play(plays: Sequence[Play], *, kills: int, until: float) -> bool:
    """Give every scenario its share, in turns; return whether nothing was found."""
    began = time.monotonic()
    while (done := sum(one.tally.kills for one in plays)) < kills and time.monotonic() < until:
        one = min(plays, key=lambda one: one.tally.kills / one.scenario.share)
        trouble = tried(one)
        if trouble or one.tally.found:
            print("\n".join([f"VIOLATION in {one.scenario.name}", *trouble, *one.tally.found.lines()]))
            if one.yard:
                print(f"The home is kept: {one.yard.folder}\n{one.yard.told()}")
            return False
        if sum(one.tally.kills for one in plays) // 50 > done // 50:
            print(f"{done + 1} kills in {(time.monotonic() - began) / 60:.1f} minutes", file=sys.stderr, flush=True)
    for one in plays:
        one.end()
    return True


def tried(one: Play) -> list[str]:
    """Live once; return what misbehaved."""
    try:
        one.one()
    except (AssertionError, GoneError, TimeoutError) as fault:
        return [f"{type(fault).__name__}: {fault}"]
    return []


def show(plays: Sequence[Play]) -> None:
    """Print the table."""
    head = f"{'scenario':22} {'kills':>6} {'lost':>5} {'doubled':>8} {'differing':>10} {'other':>6}"
    print(f"{head} {'restart p50':>12} {'max':>6} {'cold p50':>9} {'max':>6}")
    for one in plays:
        found, tally = one.tally.found, one.tally
        counts = f"{len(found.lost):5} {len(found.doubled):8} {len(found.differing):10} {len(found.other):6}"
        print(f"{one.scenario.name:22} {tally.kills:6} {counts} {_spread(tally.restarts, 12)} {_spread(tally.cold, 9)}")
    print(f"{'all':22} {sum(one.tally.kills for one in plays):6}")


def _spread(seconds: list[float], width: int) -> str:
    if not seconds:
        return f"{'–':>{width}} {'–':>6}"
    return f"{sorted(seconds)[len(seconds) // 2]:{width}.2f} {max(seconds):6.2f}"


if __name__ == "__main__":
    sys.exit(main())
