import pytest

from zhanggui.core.errors import RecordError
from zhanggui.core.event import EventType
from zhanggui.core.product import Product, Translation
from zhanggui.data.records import event_from, product_from

EVENT = {"user_id": "ann", "type": "purchase", "time": "2017-10-16T12:00:00Z", "item_id": "tea"}


def test_a_full_product_is_read():
    record = {
        "item_id": 7,
        "title": " 龙井茶 ",
        "translations": {"en": {"title": "Dragon well"}, "de": "Drachenbrunnen", "fr": None},
        "category": "食品 > 茶",
        "price": "10.50",
        "currency": "CNY",
        "attributes": '{"origin": "杭州"}',
        "images": "a.jpg|b.jpg",
        "stock": "3",
        "available": "false",
        "created_at": 1_508_155_200,
        "description": None,
        "colour_of_the_sky": "blue",
    }
    assert product_from(record) == Product(
        "7",
        title="龙井茶",
        translations={"en": Translation("Dragon well"), "de": Translation("Drachenbrunnen")},
        category=("食品", "茶"),
        price=10.5,
        currency="CNY",
        attributes={"origin": ("杭州",)},
        images=("a.jpg", "b.jpg"),
        stock=3,
        available=False,
        created_at=1_508_155_200_000,
    )


def test_an_event_is_read_and_named_by_its_content():
    event = event_from(EVENT)
    assert (event.user_id, event.type, event.time) == ("ann", EventType.PURCHASE, 1_508_155_200_000)
    assert event == event_from({**EVENT, "time": 1_508_155_200, "unknown": 1}) and event.event_id
    assert event.event_id != event_from({**EVENT, "quantity": 2}).event_id
    assert event_from({**EVENT, "event_id": "mine"}).event_id == "mine"


def test_derived_ids_rise_with_time():
    ids = [event_from({**EVENT, "time": time}).event_id for time in ("1999-01-01", "2017-01-01", "9000-01-01")]
    assert ids == sorted(ids)


@pytest.mark.parametrize("field", ["user_id", "type", "time", "item_id"])
@pytest.mark.parametrize("nothing", [None, "", float("nan")])
def test_what_is_required_must_be_there(field, nothing):
    with pytest.raises(RecordError, match=f"{field} is missing") as caught:
        event_from({**EVENT, field: nothing})
    assert caught.value.field == field


def test_only_a_search_may_lack_its_item():
    search = event_from({"user_id": "ann", "type": "search", "time": 5, "query": "茶"})
    assert search.item_id == "" and search.query == "茶"


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [("type", "steal", "purchase"), ("type", [], "view"), ("time", "soon", "ISO 8601"), ("quantity", "two", "number")],
)
def test_an_error_names_field_value_and_what_is_allowed(field, value, allowed):
    with pytest.raises(RecordError) as caught:
        event_from({**EVENT, field: value})
    message = str(caught.value)
    assert message.startswith(f"{field} is {value!r}") and allowed in message and caught.value.field == field


def test_a_product_needs_its_id():
    with pytest.raises(RecordError, match="item_id is missing"):
        product_from({"title": "tea"})
    with pytest.raises(RecordError, match="item_id is empty"):
        product_from({"item_id": "  "})
