import math
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.data import values

NOON = datetime(2017, 10, 16, 12, tzinfo=UTC)
MILLIS = 1_508_155_200_000


@pytest.mark.parametrize(
    "value",
    [
        "2017-10-16T12:00:00Z",
        "2017-10-16 12:00",
        "2017-10-16T20:00:00+08:00",
        "20171016T120000Z",
        1_508_155_200,
        1_508_155_200.0,
        "1508155200",
        MILLIS,
        str(MILLIS),
        NOON,
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=8))),
    ],
)
def test_every_way_to_write_noon(value):
    assert values.moment(value) == MILLIS


def test_a_date_is_its_midnight_in_utc():
    assert values.moment(date(2017, 10, 16)) == values.moment("2017-10-16") == MILLIS - 12 * 3_600_000


@given(st.datetimes(datetime(1970, 1, 2), datetime(5000, 1, 1)))
def test_iso_and_both_epochs_agree(moment):
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    millis = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert values.moment(moment.isoformat()) == millis
    assert values.moment(millis // 1000) == millis // 1000 * 1000
    if millis >= 100_000_000_000:
        assert values.moment(millis) == millis


@pytest.mark.parametrize("value", ["yesterday", "2017-13-01", "", True, math.inf, 10**18, [], "2017-10-16T25:00"])
def test_what_is_no_moment_is_refused(value):
    with pytest.raises(ValueError, match=r"must be|out of range"):
        values.moment(value)


@pytest.mark.parametrize(("value", "expected"), [("1,299.50", 1299.5), (" 3 ", 3.0), (-2, -2.0), ("1e3", 1000.0)])
def test_numbers(value, expected):
    assert values.number(value) == expected


@pytest.mark.parametrize("value", ["1,2", "12 yuan", "nan", "inf", True, None, [1], 10**400])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="must be"):
        values.number(value)


@pytest.mark.parametrize("value", [1.5, "x", 2**63, -(2**64), False])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(ValueError, match="must be"):
        values.whole(value)


@pytest.mark.parametrize("value", [True, "yes", "T", 1, "1", " true "])
def test_ways_to_say_true(value):
    assert values.boolean(value) is True
    assert values.boolean("no") is False


@pytest.mark.parametrize("value", ["maybe", 2, ""])
def test_neither_true_nor_false(value):
    with pytest.raises(ValueError, match="must be true or false"):
        values.boolean(value)


@pytest.mark.parametrize("value", ["a\0b", "茶\0", "\ud800", b"bytes", {}, True])
def test_text_that_no_database_can_hold_is_refused(value):
    with pytest.raises(ValueError, match="must be"):
        values.text(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("食品 > 茶", ("食品", "茶")),
        (["食品", "茶 > 绿茶"], ("食品", "茶", "绿茶")),
        ('["a","b"]', ("a", "b")),
        ("a>b", ("a>b",)),
    ],
)
def test_categories(value, expected):
    assert values.path(value) == expected


def test_lists_skip_what_is_empty():
    assert values.texts("a| b||") == values.texts(["a", None, "b", ""]) == values.texts('["a","b"]') == ("a", "b")
    with pytest.raises(ValueError, match="must be JSON"):
        values.texts("[a")


def test_attributes_keep_every_value_as_text():
    given_ = {"size": ["S", 3], "new": True, "weight": 1.5, "none": None, "empty": []}
    assert values.attributes(given_) == {"size": ("S", "3"), "new": ("true",), "weight": ("1.5",)}
    with pytest.raises(ValueError, match="must be a map"):
        values.attributes("[1]")
