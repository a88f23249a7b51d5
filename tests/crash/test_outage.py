"""PostgreSQL killed while the shop serves: a share of `python -m benchmarks.crashes --store postgresql`."""

import time
from dataclasses import replace

import pytest

from benchmarks.crashes import play
from benchmarks.crashing.client import RefusedError
from benchmarks.crashing.program import nursery
from benchmarks.crashing.scenarios import Play, outages
from tests.postgres import binaries, running_cluster

KILLS = 5
"""Four of PostgreSQL, then the shop, too; only then the home is proved as a whole."""


@pytest.mark.slow
def test_the_shop_lives_through_the_death_of_its_database(tmp_path, capsys):
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed. Cure: apt-get install postgresql")
    with running_cluster(durable=True) as cluster, nursery() as made:
        one = Play(replace(outages(cluster), items=60), made, tmp_path, seed=9, new_store=cluster.database)
        sound = play([one], kills=KILLS, until=time.monotonic() + 300)
    assert sound, capsys.readouterr().out
    assert one.tally.kills == KILLS and len(one.tally.restarts) == KILLS - 1


@pytest.mark.parametrize(
    ("content", "wait", "whole"),
    [
        ({"error": {"code": "store", "message": "away", "cure": "Wait."}}, "1", True),
        ({"error": {"code": "store", "message": "away", "cure": "Wait."}}, "", False),
        ({"error": {"code": "store", "message": "away", "cure": ""}}, "1", False),
        ({"error": {"code": "internal", "message": "away", "cure": "Wait."}}, "1", False),
        ({"error": {"code": "store", "message": "Traceback\n…", "cure": "Wait."}}, "1", False),
        ({}, "1", False),
    ],
)
def test_a_refusal_must_say_what_and_when(content, wait, whole):
    assert (RefusedError(content, wait).fault() == "") == whole
