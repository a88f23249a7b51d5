"""Properties of what crosses HTTP: nothing is lost on the way, nothing is trusted."""

from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from zhanggui.app.api.answers import product_json
from zhanggui.app.api.batches import divide
from zhanggui.app.storefront.acts import local_path, origin_of
from zhanggui.app.storefront.cards import web_address
from zhanggui.app.storefront.facets import chips, groups
from zhanggui.app.storefront.limits import Limiter
from zhanggui.app.storefront.pictures import picture
from zhanggui.app.storefront.place import Place, item_url
from zhanggui.app.storefront.visitor import accepted_language
from zhanggui.app.storefront.words import words_in
from zhanggui.app.web.body import Body, records_of
from zhanggui.app.web.errors import ApiError
from zhanggui.app.web.fields import SEARCH, read_json, read_query
from zhanggui.app.web.jsonbytes import json_bytes
from zhanggui.core.candidate import Facet
from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.product import Product, Translation
from zhanggui.data.records import product_from

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
word = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
words = st.lists(word, max_size=3).map(tuple)
price = st.none() | st.floats(0, 1e6, allow_subnormal=False)
products = st.builds(
    Product,
    item_id=word.map(ItemId),
    title=word | st.just(""),
    description=word | st.just(""),
    translations=st.dictionaries(st.sampled_from(["zh", "en"]), st.builds(Translation, word, word)),
    category=words,
    brand=word | st.just(""),
    price=price,
    currency=st.sampled_from(["", "CNY"]),
    attributes=st.dictionaries(word, st.lists(word, min_size=1, max_size=3).map(tuple), max_size=3),
    images=words,
    url=word | st.just(""),
    stock=st.none() | st.integers(0, 10**9),
    available=st.booleans(),
    created_at=st.none() | st.integers(10**11, 4 * 10**12).map(Millis),
)
pairs = st.lists(st.tuples(st.sampled_from(["q", "brand", "category", "attr.size", "in_stock"]), word), max_size=6)
places = pairs.map(lambda given: Place(tuple(dict.fromkeys(given))))


@given(products)
def test_a_product_comes_back_as_it_was_sent(product):
    assert product_from(orjson.loads(json_bytes(product_json(product)))) == product


@given(st.lists(st.tuples(text, text), max_size=8))
def test_any_address_is_read_or_refused(given):
    try:
        values = read_query(SEARCH, given)
    except ApiError as error:
        assert error.status == 400 and error.message and error.cure
    else:
        known = {field.name for field in SEARCH}
        assert set(values) <= known


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | text, st.lists, max_leaves=5)


@given(st.dictionaries(st.sampled_from([f.name for f in SEARCH]) | text, json_values, max_size=5))
def test_any_object_is_read_or_refused(given):
    try:
        read_json(SEARCH, given)
    except ApiError as error:
        assert error.status == 400 and error.message


@given(st.lists(st.binary(max_size=12), max_size=12))
def test_lines_are_counted_each_as_good_or_bad(lines):
    body = b"\n".join(lines)
    records = records_of(Body(body, lines=True), limit=100)
    divided = divide(records, product_from)
    assert len(records) == sum(bool(line.strip()) for line in body.split(b"\n"))
    assert len(divided.good) + len(divided.rejected) == len(records)


@given(places, st.sampled_from(["brand", "attr.size"]), word)
def test_a_filter_set_and_lifted_leads_back(place, name, value):
    there = place.toggled(name, value)
    assert there.has(name, value) is not place.has(name, value)
    assert sorted(there.toggled(name, value).pairs) == sorted(place.pairs)


@given(places)
def test_an_address_says_what_the_place_is(place):
    assert tuple(QueryParams(urlsplit(place.url).query).multi_items()) == place.pairs
    for chip in chips(place, words_in("en")):
        assert len(parse_qsl(urlsplit(chip.url).query)) == len(place.pairs) - 1


@given(st.lists(st.lists(word, min_size=1, max_size=3), max_size=6), places)
def test_the_tree_shows_parents_before_children_and_each_once(paths, place):
    values = {tuple(path[:n]) for path in paths for n in range(1, len(path) + 1)}
    facet = Facet("category", tuple((" > ".join(path), 1) for path in sorted(values)))
    depth = -1
    shown = [choice for group in groups([facet], place, words_in("en"))[:1] for choice in group.first]
    for choice in shown:
        assert choice.depth <= depth + 1
        depth = choice.depth
    assert {path[0] for path in values} <= {choice.label for choice in shown if choice.depth == 0}


@given(text)
def test_no_address_leads_astray(address):
    assert local_path(address).startswith("/") and not local_path(address).startswith(("//", "/\\"))
    assert urlsplit(web_address(address)).scheme in ("", "http", "https")
    origin_of(address)
    assert accepted_language(address, "zh") in ("zh", "en")


@given(text.filter(bool), word, st.integers(0, 99_999))
def test_a_products_address_holds_its_id_and_origin(item, ranking, position):
    parts = urlsplit(item_url(item, ranking=ranking, position=position))
    assert unquote(parts.path.removeprefix("/item/")) == item
    assert parts.path.count("/") == 2
    assert origin_of(dict(parse_qsl(parts.query))["from"]) == (ranking, position)


@given(st.builds(Product, item_id=text.map(ItemId), title=text, category=st.lists(text, max_size=2).map(tuple)))
def test_a_drawing_holds_no_markup_of_the_product(product):
    svg = picture(product)
    assert svg == picture(product)
    inside = svg.removeprefix("<svg").replace("</svg>", "")
    for tag in ("rect", "g", "circle", "path", "text", "/g", "/text"):
        inside = inside.replace(f"<{tag}", "")
    assert "<" not in inside


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 5)), max_size=60))
def test_no_caller_gets_more_than_burst_and_rate(steps):
    now = 0.0
    limiter = Limiter(rate=2, burst=3, seconds=lambda: now)
    allowed = {"a": 0, "b": 0}
    for caller, wait in steps:
        now += wait
        allowed[caller] += limiter.allow(caller)
        assert allowed[caller] <= 3 + 2 * now + 1e-6


def test_forgotten_callers_start_anew_in_bounded_memory():
    limiter = Limiter(rate=0, burst=1, seconds=lambda: 0.0, callers=2)
    assert [limiter.allow(caller) for caller in "aabca"] == [True, False, True, True, True]
