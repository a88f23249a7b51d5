"""The harness finds what it is there to find: each fault is planted by hand and must be named."""

import random
import sqlite3
import time
from contextlib import closing

import pytest

from benchmarks.crashing.ledger import Sent, events_of
from benchmarks.crashing.yard import Tally, Yard
from zhanggui.data.records import event_from
from zhanggui.data.store import open_store


@pytest.fixture
def yard(tmp_path):
    rng = random.Random(3)
    made = Yard(None, tmp_path / "yard", rng, items=12)  # no program is started here
    events = events_of(rng, 5, made.names, "e", 40, time.time_ns() // 1_000_000)
    with closing(open_store(made.home / "shop.db")) as store:
        store.put_events([event_from(event) for event in events])
    made.take(Sent(events=events))
    return made


def proved(yard):
    tally = Tally()
    yard.prove(tally)
    return tally.found


def altered(yard, *statements):
    with closing(sqlite3.connect(yard.home / "shop.db")) as file:
        for statement in statements:
            file.execute(statement)
        file.commit()


def test_a_sound_home_is_found_sound(yard):
    assert proved(yard).lines() == []


def test_a_lost_event_is_found(yard):
    altered(yard, "DELETE FROM events WHERE event_id = 'e/7'")
    assert "event e/7" in proved(yard).lost


def test_a_wrong_counter_is_found(yard):
    altered(yard, "UPDATE counters SET value = value + 1 WHERE name = 'events'")
    assert any("counter events" in text for text in proved(yard).doubled)


def test_a_lost_product_is_found(yard):
    altered(yard, "UPDATE products SET body = NULL WHERE item_id = 'p3'")
    assert any("product p3" in text for text in proved(yard).lost)


def test_half_a_batch_is_found(yard):
    new = events_of(random.Random(4), 5, yard.names, "late", 6, time.time_ns() // 1_000_000)
    with closing(open_store(yard.home / "shop.db")) as store:
        store.put_events([event_from(event) for event in new[:4]])
    yard.ledger.send(Sent(events=new))
    assert any("half a batch: 4 of 6" in text for text in proved(yard).other)


def test_a_batch_without_an_answer_may_be_there_whole_or_not_at_all(yard):
    first, second = (
        yard.ledger.send(Sent(events=events_of(random.Random(5), 5, yard.names, name, 6, 1_700_000_000_000)))
        for name in ("there", "not")
    )
    with closing(open_store(yard.home / "shop.db")) as store:
        store.put_events([event_from(event) for event in first.events])
    assert proved(yard).lines() == []
    assert yard.ledger.open == [second] and first.events[0]["event_id"] in yard.ledger.events


def test_leftovers_are_found(yard):
    (yard.home / "state").mkdir()
    (yard.home / "state" / "forgotten.tmp").write_text("x")
    assert any("leftovers" in text for text in proved(yard).other)
