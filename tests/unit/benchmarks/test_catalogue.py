"""The made-up shop is the same everywhere, whatever its size; its curves tell slopes."""

from itertools import islice
from xml.etree import ElementTree

import numpy as np

from benchmarks._catalogue import Catalogue, changed, planted
from benchmarks._slopes_chart import curves, slope


def test_products_are_the_same_whatever_the_size():
    small, large = list(Catalogue(7).products()), Catalogue(12_000)
    assert len(small) == 7 == len({product.item_id for product in small})
    assert list(islice(large.products(), 7)) == small
    assert [product.item_id for product in large.products(11_998)] == ["p11998", "p11999"]
    titles = [product.title for product in islice(large.products(), 500)]
    assert any(title.isascii() for title in titles) and not all(title.isascii() for title in titles)


def test_a_changed_product_differs_in_what_costs_time():
    product = next(Catalogue(1).products())
    other = changed(product, round=3)
    assert other.item_id == product.item_id
    assert other.title != product.title and other.price != product.price


def test_queries_differ_and_events_come_in_order_of_time():
    shop = Catalogue(1000)
    queries = shop.queries(50)
    assert len(set(queries)) == 50 and queries == Catalogue(10).queries(50)
    events = list(shop.events(300))
    assert len({event.event_id for event in events}) == 300
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert {event.item_id for event in events} <= {product.item_id for product in shop.products()}


def test_vectors_lie_near_their_centre():
    centres = np.eye(8, 384, dtype=np.float32)
    leaves = np.arange(8).repeat(5)
    vectors = planted(centres, leaves, first=0)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert ((vectors @ centres.T).argmax(axis=1) == leaves).all()


def test_the_picture_tells_each_slope():
    sizes = [10, 100, 1000]
    assert round(slope(sizes, [2, 20, 200]), 6) == 1 and abs(slope(sizes, [3, 3, 3])) < 1e-9
    svg = curves("a <b>", sizes, {"in proportion": [2, 20, 200], "nothing": [0, 0, 0]})
    texts = [node.text for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert "in proportion (slope 1.00)" in texts and "a <b>" in texts
    assert not any("nothing" in str(text) for text in texts)
