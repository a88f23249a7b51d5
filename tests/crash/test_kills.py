"""A share of `python -m benchmarks.crashes`: the real program is killed, its home proved, in every scenario."""

import time

import pytest

from benchmarks.crashes import play
from benchmarks.crashing.program import nursery
from benchmarks.crashing.scenarios import SCENARIOS, Play

KILLS = 24
SLACK = 20.0
"""Seconds that a restart may take on a machine that is busy with other tests; the benchmark reports the real figure."""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(tmp_path, capsys):
    with nursery() as made:
        plays = [Play(one, made, tmp_path, seed=20171016) for one in SCENARIOS]
        sound = play(plays, kills=KILLS, until=time.monotonic() + 100)
    assert sound, capsys.readouterr().out
    kills = {one.scenario.name: one.tally.kills for one in plays}
    assert all(kills.values()) and sum(kills.values()) >= KILLS, kills
    restarts = [seconds for one in plays for seconds in one.tally.restarts]
    assert restarts and max(restarts) < SLACK
