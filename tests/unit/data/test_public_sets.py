"""Files made here in the true form of each published set: headers, marks, encodings, order of columns, hashing."""

import json

import pytest

from zhanggui.core.errors import InputError


def events_of(store):
    return [c.event for c in store.changes(0, limit=1000)]


def products_of(store):
    return {product.item_id: product for product in store.all_products()}


def rejected(report):
    return [json.loads(line) for line in report.rejects.read_text("utf-8").splitlines()]


FLAGS = "0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0"
ML_100K = {
    "u.data": "7\t2\t4\t874965758\n8\t1\t5\t876893171\n",
    "u.item": f"1|Café Society (1995)|01-Jan-1995||http://us.imdb.com/M?x|{FLAGS}\n".encode("latin-1"),
    "u.genre": "unknown|0\nAction|1\n\n",
    "u.user": "1|24|M|technician|85711\n",
}
ML_1M = {
    "ratings.dat": "1::11::5::978300760\n2::12::3.5::978302109\n",
    "movies.dat": "11::Amélie: the film (2001)::Comedy|Romance\n".encode("latin-1"),
    "users.dat": "1::F::1::10::48067\n",
    "tags.dat": "3::11::so French::1188263867\n",
}
ML_LATEST = {
    "ratings.csv": "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n1,29,4.0,1112484676\n",
    "movies.csv": 'movieId,title,genres\r\n2,"Shop, The (1940)",Comedy|Drama\r\n29,Nothing,(no genres listed)\r\n',
    "tags.csv": 'userId,movieId,tag,timestamp\n18,2,"quiet, warm",1240597180\n',
    "links.csv": "movieId,imdbId,tmdbId\n2,0113497,8844\n",
}


@pytest.mark.parametrize(
    ("files", "first", "count"),
    [
        (ML_100K, ("7", "2", "rate", 874965758000, 4.0), 2),
        (ML_1M, ("1", "11", "rate", 978300760000, 5.0), 3),
        (ML_LATEST, ("1", "2", "rate", 1112486027000, 3.5), 3),
    ],
)
def test_movielens_ratings_and_tags(import_set, files, first, count):
    report, store = import_set("events", "movielens", files)
    event = events_of(store)[0]
    assert (event.user_id, event.item_id, event.type, event.time, event.value) == first
    assert (report.written, report.rejected, report.unknown_columns) == (count, 0, {})
    assert [e.text for e in events_of(store) if e.type == "review"] in ([], ["so French"], ["quiet, warm"])


def test_movielens_films(import_set):
    _, store = import_set("products", "movielens", ML_100K)
    film = products_of(store)["1"]
    assert (film.title, film.url) == ("Café Society (1995)", "http://us.imdb.com/M?x")
    assert film.attributes == {"genre": ("Animation", "Children's", "Comedy"), "year": ("1995",)}
    _, store = import_set("products", "movielens", ML_1M, "movies.dat")
    assert products_of(store)["11"].title == "Amélie: the film (2001)"
    _, store = import_set("products", "movielens", ML_LATEST, "movies.csv")
    films = products_of(store)
    assert films["2"].title == "Shop, The (1940)" and films["2"].attributes["genre"] == ("Comedy", "Drama")
    assert films["29"].attributes == {}


def test_a_line_of_movielens_that_is_short_is_set_aside(import_set):
    report, _ = import_set("events", "movielens", {"u.data": "7\t2\t4\t874965758\n7\t2\n"}, "u.data")
    assert (report.written, rejected(report)[0]["line"]) == (1, 2)


def test_a_file_of_the_other_kind_is_named(import_set):
    with pytest.raises(InputError, match=r"ratings.csv holds events.*movies.*csv.*zhanggui import events"):
        import_set("products", "movielens", ML_LATEST, "ratings.csv")
    with pytest.raises(InputError, match=r"links.csv is no file of movielens"):
        import_set("products", "movielens", ML_LATEST, "links.csv")


RETAIL = {
    "events.csv": (
        "timestamp,visitorid,event,itemid,transactionid\n"
        "1433221332117,257597,view,355908,\n1433221332118,2,addtocart,9,\n1433221332119,2,transaction,9,4000\n"
    ),
    "item_properties_part1.csv": (
        "timestamp,itemid,property,value\n"
        "1435460400000,9,categoryid,1338\n1441508400000,9,888,1116713 960601 n277.200\n1431226800000,9,790,n15360.000\n"
        "1431226800000,5,available,1\n"
    ),
    "item_properties_part2.csv": (
        "timestamp,itemid,property,value\n"
        "1433041200000,9,790,n100.000\n1442113200000,9,available,0\n1440000000000,9,available,1\n"
        "1435460400001,9,categoryid,1016\nsoon,9,888,1\n"
    ),
    "category_tree.csv": "categoryid,parentid\n1016,213\n213,140\n140,\n7,8\n8,7\n",
}


def test_retailrocket_events(import_set):
    _, store = import_set("events", "retailrocket", RETAIL)
    assert [(e.user_id, e.type, e.item_id, e.order_id) for e in events_of(store)] == [
        ("257597", "view", "355908", ""),
        ("2", "cart", "9", ""),
        ("2", "purchase", "9", "4000"),
    ]
    assert events_of(store)[0].time == 1433221332117


@pytest.mark.parametrize("names", [(), ("item_properties_part2.csv",), ("item_properties_part1.csv",)])
def test_of_each_property_of_retailrocket_the_last_value_counts(import_set, names, monkeypatch):
    monkeypatch.setattr("zhanggui.data.importing.retailrocket.ITEMS_OF", 50)  # several passes over the files
    report, store = import_set("products", "retailrocket", RETAIL, *names)
    found = products_of(store)
    assert (report.written, report.rejected, rejected(report)[0]["line"]) == (2, 1, 6)
    assert found["9"].category == ("140", "213", "1016") and not found["9"].available and found["5"].available
    assert found["9"].attributes == {"790": ("100",), "888": ("1116713", "960601", "277.2")}


TAOBAO = {
    "UserBehavior.csv": "1,2268318,2520377,pv,1511544070\n1,9,7,fav,1511561733\n2,9,8,buy,-5\n3,9,8,cart,2122867355\n"
}


def test_taobao_behaviour(import_set):
    report, store = import_set("events", "taobao-userbehavior", TAOBAO)
    assert [(e.user_id, e.type, e.item_id) for e in events_of(store)] == [
        ("1", "view", "2268318"),
        ("1", "favourite", "9"),
        ("2", "purchase", "9"),
        ("3", "cart", "9"),
    ]
    assert [e.time for e in events_of(store)][:3] == [1511544070000, 1511561733000, -5000] and report.rejected == 0


def test_taobao_items_have_the_category_they_had_last(import_set):
    _, store = import_set("products", "taobao-userbehavior", TAOBAO)
    assert {name: product.category for name, product in products_of(store).items()} == {
        "2268318": ("2520377",),
        "9": ("8",),
    }


def test_an_unknown_behaviour_is_set_aside_in_the_form_of_the_shop(import_set):
    report, _ = import_set("events", "taobao-userbehavior", {"U.csv": "1,2,3,stare,1511544070\n1,2,3,pv,1511544070\n"})
    (reject,) = rejected(report)
    assert "type is 'stare'" in reject["reason"] and json.loads(reject["raw"])["user_id"] == "1"


@pytest.mark.parametrize("format", ["movielens", "amazon-reviews", "retailrocket", "taobao-userbehavior"])
@pytest.mark.parametrize("kind", ["products", "events"])
def test_a_folder_without_a_file_of_the_set(import_set, kind, format):
    with pytest.raises(InputError, match=f"has no file of {kind}"):
        import_set(kind, format, {"README": "x"})


@pytest.mark.parametrize(
    ("kind", "format", "name"),
    [
        ("events", "movielens", "ratings.csv"),
        ("events", "retailrocket", "events.csv"),
        ("products", "retailrocket", "item_properties.csv"),
        ("products", "movielens", "movies.csv"),
    ],
)
def test_another_header_is_refused(import_set, kind, format, name):
    with pytest.raises(InputError, match="has no column"):
        import_set(kind, format, {name: "a,b,c\n1,2,3\n"}, name)
