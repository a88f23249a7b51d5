"""A share of `python -m benchmarks.crashes`: the real program is killed, its home proved, in every scenario."""

import time
from dataclasses import replace

import pytest

from benchmarks.crashes import play
from benchmarks.crashing.importing import Imports
from benchmarks.crashing.program import nursery
from benchmarks.crashing.scenarios import SCENARIOS, Play

KILLS = 12
PATIENCE = 300.0
"""Seconds after which a machine that is busy with other tests has had time enough: a run takes about 20."""

SHORT = {
    "import events": lambda: Imports("events", 6_000),
    "import products": lambda: Imports("products", 1_000),
}
"""Files that are imported sooner than the benchmark's: one block each."""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(tmp_path, capsys):
    chosen = [replace(one, way=SHORT.get(one.name, one.way)) for one in SCENARIOS]
    with nursery() as made:
        plays = [Play(one, made, tmp_path, seed=20171016) for one in chosen]
        sound = play(plays, kills=KILLS, until=time.monotonic() + PATIENCE)
    assert sound, capsys.readouterr().out
    kills = {one.scenario.name: one.tally.kills for one in plays}
    assert all(kills.values()) and sum(kills.values()) >= KILLS, kills
