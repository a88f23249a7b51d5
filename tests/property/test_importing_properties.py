"""Reading by column is reading record by record; no good line is ever lost."""

import tempfile
from pathlib import Path

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from zhanggui.core.errors import RecordError
from zhanggui.core.event import EventType
from zhanggui.data.importing import import_events
from zhanggui.data.importing.columnar import read_columns
from zhanggui.data.records import EVENT_FIELDS, event_columns, event_from
from zhanggui.data.store import MemoryStore

WORDS = st.sampled_from(["a", " b ", "", "茶", "x\0", "1", "2017-10-16", "nan", "1,299.5", "view", "PURCHASE", "true"])
ANYTHING = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | WORDS | st.lists(WORDS, max_size=2)
LIKELY = {
    "user_id": WORDS | st.sampled_from(["u1", "u2"]),
    "type": st.sampled_from([*EventType, "VIEW"]),
    "time": st.sampled_from([1_508_155_200, "2017-10-16T12:00:00Z", 1_508_155_200_000, "2017-10-16"]),
    "item_id": st.sampled_from(["i1", "i2", 3]),
    "value": st.floats(-9, 9) | st.integers(0, 9),
    "quantity": st.sampled_from(["1", "2.5", 3]),
    "query": WORDS,
}
PLAIN = st.fixed_dictionaries({}, optional=LIKELY)
WHOLE = st.fixed_dictionaries({name: LIKELY[name] for name in ("user_id", "type", "time", "item_id")})
WILD = st.dictionaries(st.sampled_from([*EVENT_FIELDS, "else"]), ANYTHING, max_size=8)
RECORDS = st.lists(PLAIN | WHOLE | WILD, max_size=12) | st.lists(WHOLE, max_size=12)


def one_by_one(record):
    try:
        event = event_from(record)
    except RecordError:
        return None
    return tuple(getattr(event, name) for name in event.__slots__[1:])


@settings(max_examples=400)
@given(RECORDS)
def test_by_column_is_record_by_record(records):
    columns, errors = read_columns(records, EVENT_FIELDS)
    given_, *rest = event_columns(columns, len(records), errors)
    expected = [event for event in map(one_by_one, records) if event is not None]
    assert list(zip(*rest, strict=True)) == expected and len(given_) == len(expected)
    assert set(errors) == {row for row, record in enumerate(records) if one_by_one(record) is None}


GOOD = {"user_id": "ann", "type": "view", "item_id": "tea"}
NO_LINE = (b"[", b"\xef\xbb\xbf")
"""An array is another form of file, and a byte-order mark belongs to the encoding."""

BROKEN = st.binary(max_size=30).filter(lambda line: b"\n" not in line and line.strip() and not line.startswith(NO_LINE))


@settings(max_examples=100)
@given(st.lists(st.integers(0, 5) | BROKEN, max_size=30))
def test_no_good_line_is_lost_and_every_line_is_accounted_for(lines):
    lines = [*range(len(lines) + 1), *lines]  # where most lines are no text, the whole file is none
    content = b"".join((orjson.dumps({**GOOD, "time": x}) if isinstance(x, int) else x) + b"\n" for x in lines)
    good = sum(isinstance(line, int) for line in lines)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.jsonl").write_bytes(content)
        store = MemoryStore()
        for written, repeated in ((good, 0), (0, good)):
            report = import_events(store, [Path(folder) / "a.jsonl"], format="jsonl", rejects=Path(folder) / "r")
            assert (report.written, report.repeated) == (written, repeated)
            assert (
                report.rejected
                == len(lines) - good
                == len(report.rejects.read_bytes().splitlines() if report.rejects else ())
            )
    assert store.totals().events == good
