from zhanggui.core.errors import StoreError
from zhanggui.engine.complaints import Complaints
from zhanggui.engine.timely import Timely


def complaints(now):
    return Complaints(every=60, clock=lambda: now[0])


def test_what_fails_on_every_request_is_told_once_a_minute_with_a_count(caplog):
    now = [0.0]
    told = complaints(now)
    for second in range(120):
        now[0] = float(second)
        told.tell("search", ValueError("no"))
    assert [record.message for record in caplog.records] == [
        "a part of the shop failed: search: no",
        "a part of the shop failed: search (59 more times since this was told last): no",
    ]
    assert all(record.exc_info for record in caplog.records)


def test_parts_are_told_apart(caplog):
    told = complaints([0.0])
    for part in ("search", "trending", "search"):
        told.tell(part, ValueError("no"))
    assert len(caplog.records) == 2


def test_errors_of_our_own_come_without_a_traceback(caplog):
    complaints([0.0]).tell("rankings", StoreError("The disk is full. Make room."))
    assert "Make room" in caplog.text and not caplog.records[0].exc_info


def test_a_source_that_fails_on_every_page_does_not_fill_the_log(caplog):
    timely = Timely()
    for _ in range(50):
        timely.run({"a source of this test": lambda: 1 // 0}, seconds=5)
    timely.close()
    assert sum("a source of this test" in record.message for record in caplog.records) == 1
    assert timely.failures() == {"a source of this test": 50}
