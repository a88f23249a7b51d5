"""Lines made here in the true form of each edition: JSON, Python dictionaries, CSV with and without a header."""

import gzip
import json

import pytest


def events_of(store):
    return [c.event for c in store.changes(0, limit=1000)]


def products_of(store):
    return {product.item_id: product for product in store.all_products()}


REVIEW_2014 = {
    "reviewerID": "A2SUAM1J3GNN3B",
    "asin": "0000013714",
    "reviewerName": "J.",
    "helpful": [2, 3],
    "reviewText": "It plays.",
    "overall": 5.0,
    "summary": "Heavenly",
    "unixReviewTime": 1252800000,
    "reviewTime": "09 13, 2009",
}
REVIEW_2018 = {
    "overall": 4.0,
    "vote": "2",
    "verified": True,
    "reviewTime": "01 1, 2018",
    "reviewerID": "AUI6WTTT0QZYS",
    "asin": "5120053084",
    "style": {"Size:": "Large"},
    "reviewText": "Soft.",
    "summary": "Four",
    "unixReviewTime": 1514764800,
}
REVIEW_2023 = {
    "rating": 3.0,
    "title": "So so",
    "text": "Thin.",
    "images": [],
    "asin": "B088SZDGXG",
    "parent_asin": "B08BBQ29N5",
    "user_id": "AEYORY2AVPMCPDV57CE337YU5LXA",
    "timestamp": 1634275259292,
    "helpful_vote": 0,
    "verified_purchase": True,
}


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("r.json", lines(REVIEW_2014), ("A2SUAM1J3GNN3B", "0000013714", 1252800000000, 5.0, "Heavenly\nIt plays.")),
        ("r.json", repr(REVIEW_2014), ("A2SUAM1J3GNN3B", "0000013714", 1252800000000, 5.0, "Heavenly\nIt plays.")),
        ("r_5.json", lines(REVIEW_2018), ("AUI6WTTT0QZYS", "5120053084", 1514764800000, 4.0, "Four\nSoft.")),
        (
            "Toys.jsonl",
            lines(REVIEW_2023),
            ("AEYORY2AVPMCPDV57CE337YU5LXA", "B08BBQ29N5", 1634275259292, 3.0, "So so\nThin."),
        ),
        ("ratings_Toys.csv", "A1EE2E3N7PW666,B000GFDAUG,5.0,1202256000\n", ("A1EE2E3N7PW666", "B000GFDAUG")),
        ("Toys.csv", "B000GFDAUG,A1EE2E3N7PW666,5.0,1202256000\n", ("A1EE2E3N7PW666", "B000GFDAUG")),
        (
            "Toys.csv",
            "user_id,parent_asin,rating,timestamp\nAFKZENTNBQ7A7V7UXW5JJI6UGRYQ,B07H9V3T6Q,5.0,1602133857705\n",
            ("AFKZENTNBQ7A7V7UXW5JJI6UGRYQ", "B07H9V3T6Q", 1602133857705),
        ),
    ],
)
def test_amazon_reviews_of_every_edition(import_set, name, content, expected):
    for packed in (False, True):
        path = name + ".gz" if packed else name
        report, store = import_set(
            "events", "amazon-reviews", {path: gzip.compress(content.encode()) if packed else content}, path
        )
        (event,) = events_of(store)
        assert (event.user_id, event.item_id, event.time, event.value, event.text)[: len(expected)] == expected
        assert event.type == "rate" and report.unknown_columns == {}


META_2014 = """{'asin': '0000031852', 'title': "Girls' Tutu &amp; Bow", 'price': 3.17, 'imUrl': 'http://i/1.jpg', \
'related': {'also_bought': ['B00JHONN1S']}, 'salesRank': {'Toys & Games': 211836}, 'brand': 'Coxlures', \
'categories': [['Sports', 'Dance'], ['Clothing']]}
"""
META_2018 = {
    "category": ["Clothing", "Men"],
    "tech1": "",
    "description": ["Warm", "and soft"],
    "title": "Socks",
    "image": [],
    "imageURL": ["http://i/small.jpg"],
    "imageURLHighRes": ["http://i/large.jpg"],
    "feature": ["Two pairs"],
    "brand": "by\n    Foo",
    "rank": "1 in Socks",
    "price": "$9.99 - $19.99",
    "asin": "B000000001",
}
META_2023 = {
    "main_category": "Toys",
    "title": "Train",
    "average_rating": 4.8,
    "rating_number": 10,
    "features": ["Runs"],
    "description": [],
    "price": 12.5,
    "images": [{"thumb": "http://i/t.jpg", "large": "http://i/l.jpg", "variant": "MAIN", "hi_res": None}],
    "videos": [],
    "store": "Rail",
    "categories": [],
    "details": {"Color": "Red", "Best Sellers Rank": {"Toys": 1}, "Brand": "RailCo"},
    "parent_asin": "B07G9GWFSM",
    "bought_together": None,
}


def test_amazon_catalogues_of_every_edition(import_set):
    files = {"meta_A.json": META_2014, "meta_B.json": lines(META_2018), "meta_C.jsonl": lines(META_2023)}
    report, store = import_set("products", "amazon-reviews", files | {"A.json": lines(REVIEW_2018)})
    found = products_of(store)
    assert (report.files, report.written, report.rejected, report.unknown_columns) == (3, 3, 0, {})
    tutu, socks, train = found["0000031852"], found["B000000001"], found["B07G9GWFSM"]
    assert (tutu.title, tutu.price, tutu.category, tutu.brand) == (
        "Girls' Tutu & Bow",
        3.17,
        ("Sports", "Dance"),
        "Coxlures",
    )
    assert (socks.price, socks.images, socks.brand) == (9.99, ("http://i/large.jpg",), "by Foo")
    assert socks.description == "Warm\nand soft\nTwo pairs" and socks.category == ("Clothing", "Men")
    assert (train.price, train.currency, train.category, train.images) == (12.5, "USD", ("Toys",), ("http://i/l.jpg",))
    assert train.brand == "Rail" and train.attributes == {"Color": ("Red",), "Brand": ("RailCo",)}


def test_a_literal_is_never_run(import_set, tmp_path):
    evil = f"{{'asin': open({str(tmp_path / 'x')!r}, 'w').write('x')}}\n"
    report, _ = import_set("products", "amazon-reviews", {"meta_A.json": evil + META_2014}, "meta_A.json")
    assert (report.written, report.rejected) == (1, 1) and not (tmp_path / "x").exists()
