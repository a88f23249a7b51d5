import json

import polars as pl
import pytest

from zhanggui.core.errors import InputError
from zhanggui.data.importing import import_events, import_products, mapped
from zhanggui.data.store import MemoryStore

ROWS = [{"uid": "ann", "ts": 1508112000, "what": "view", "sku": {"id": "tea"}, "query": "x"}]
MAP = ("user_id=uid", "time=ts", "type=what", "item_id=sku.id")


@pytest.fixture
def run(tmp_path):
    def call(name, content, given, *, format="auto", file=None, work=import_events):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        store = MemoryStore()
        how = mapped(format, given, file)
        return work(store, [tmp_path / name], format=how, rejects=tmp_path / "rejects.jsonl"), store

    return call


def only(store):
    (change,) = store.changes(0)
    return change.event


def content_of(name, tmp_path):
    if name == "a.parquet":
        pl.DataFrame(ROWS).write_parquet(tmp_path / "made")
        return (tmp_path / "made").read_bytes()
    if name == "a.jsonl":
        return json.dumps(ROWS[0])
    mark = "\t" if name.endswith("tsv") else ","
    return (
        mark.join(("uid", "ts", "what", "sku.id", "query"))
        + "\n"
        + mark.join(("ann", "1508112000", "view", "tea", "x"))
    )


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.csv", "a.tsv"])
def test_a_map_reads_every_plain_format(run, tmp_path, name):
    report, store = run(name, content_of(name, tmp_path), MAP)
    event = only(store)
    assert (event.user_id, event.item_id, event.type, event.time) == ("ann", "tea", "view", 1508112000000)
    assert event.query == "x" and report.unknown_columns == {}  # a column the map does not name keeps its name


def test_one_word_for_all_lines(run):
    _, store = run("a.csv", "uid,ts,item_id\nann,5,tea\n", ("user_id=uid", "time=ts", "type==view"))
    assert only(store).type == "view"


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.csv"])
@pytest.mark.parametrize("source", ["uidd", "sku.name"])
def test_a_column_that_is_not_there(run, tmp_path, name, source):
    with pytest.raises(InputError, match=rf"no column {source}. Its columns: uid, .*sku.id"):
        run(name, content_of(name, tmp_path), (f"user_id={source}", *MAP[1:]))


def test_a_required_field_that_nothing_gives(run):
    with pytest.raises(InputError, match=r"no column type, time.*--map type=COLUMN"):
        run("a.csv", "uid,item_id\nann,tea\n", ("user_id=uid",))


def test_a_field_that_is_not_there(run):
    with pytest.raises(InputError, match="names uid, no field of events. Known: event_id, user_id"):
        run("a.csv", "uid\nx\n", ("uid=user_id",))
    with pytest.raises(InputError, match="no field of products. Known: item_id"):
        run("a.csv", "uid\nx\n", ("user_id=uid",), work=import_products)


@pytest.mark.parametrize("given", ["user_id", "=uid", "user_id=", "user_id=="])
def test_what_is_no_map(given):
    with pytest.raises(InputError, match="FIELD=COLUMN"):
        mapped("auto", [given])


def test_a_set_with_columns_of_its_own_takes_no_map():
    with pytest.raises(InputError, match="columns of its own"):
        mapped("movielens", ["user_id=uid"])


def test_without_a_map_a_format_is_itself():
    assert mapped("csv", []) == "csv"


def test_a_map_in_a_file_also_exchanges_words(run, tmp_path):
    place = tmp_path / "map.json"
    place.write_text(
        json.dumps(
            {
                "user_id": "uid",
                "type": {"column": "b", "values": {"pv": "view", "buy": "purchase"}},
                "item_id": {"constant": 7},
            }
        )
    )
    _, store = run("a.csv", "uid,b,time\nann,buy,5\n", (), file=place, format="generic")
    assert (only(store).type, only(store).item_id) == ("purchase", "7")
    _, store = run("a.csv", "uid,b,time\nann,pv,5\n", ("item_id==tea",), file=place)
    assert (only(store).type, only(store).item_id) == ("view", "tea")


@pytest.mark.parametrize(
    "content", ["[", "[]", '{"user_id": 7}', '{"type": {"column": "a", "values": 3}}', '{"a": ""}']
)
def test_a_file_that_is_no_map(tmp_path, content):
    (tmp_path / "map.json").write_text(content)
    with pytest.raises(InputError, match="Allowed:"):
        mapped("auto", [], tmp_path / "map.json")
    with pytest.raises(InputError, match="cannot be read"):
        mapped("auto", [], tmp_path / "none.json")


def test_a_line_set_aside_is_mended_in_the_form_of_the_shop(run, tmp_path):
    report, _ = run("a.jsonl", json.dumps(ROWS[0] | {"what": "stare"}), MAP)
    raw = json.loads(report.rejects.read_text())["raw"]
    assert json.loads(raw)["user_id"] == "ann"
    again = import_events(MemoryStore(), [report.rejects], rejects=tmp_path / "r2")
    assert again.rejected == 1 and "stare" in (tmp_path / "r2").read_text()
