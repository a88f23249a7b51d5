"""Fuzz every format's reader into a Store: only an InputError may come out, and every line is accounted for.

The first byte of an input chooses format, kind of record and the file's name; the rest is the file.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

from tests.fuzz.fuzzing import Target, fuzz

MAP = ("user_id=uid", "time=at.ts", "type==view")
CASES = (
    ("auto", "events", "a"),
    ("auto", "products", "a"),
    ("csv", "events", "a.csv"),
    ("csv", "products", "a.csv"),
    ("tsv", "events", "a.tsv"),
    ("jsonl", "events", "a.jsonl"),
    ("jsonl", "products", "a.jsonl"),
    ("parquet", "events", "a.parquet"),
    ("mapped", "events", "a"),
    ("movielens", "events", "ratings.csv"),
    ("movielens", "events", "u.data"),
    ("movielens", "products", "movies.dat"),
    ("movielens", "products", "u.item"),
    ("amazon-reviews", "events", "r.json"),
    ("amazon-reviews", "events", "r.csv"),
    ("amazon-reviews", "products", "meta_r.json"),
    ("retailrocket", "events", "events.csv"),
    ("retailrocket", "products", "item_properties.csv"),
    ("taobao-userbehavior", "events", "UserBehavior.csv"),
    ("taobao-userbehavior", "products", "UserBehavior.csv"),
)

EVENT = {
    "user_id": "ann",
    "type": "view",
    "time": 1508112000,
    "item_id": "tea",
    "value": 1.5,
    "text": "茶",
    "position": 3,
}
PRODUCT = {
    "item_id": "tea",
    "title": "龙井",
    "category": ["茶"],
    "price": "1,299.5",
    "attributes": {"a": ["b"]},
    "translations": {"en": {"title": "tea"}},
    "stock": 3,
    "available": "yes",
    "created_at": "2017-10-16T00:00:00Z",
}
AMAZON = {
    "asin": "B",
    "title": "&amp;",
    "price": "$1 - $2",
    "categories": [["A", "B"]],
    "images": [{"large": "l"}],
    "details": {"a": 1},
}
TEXTS = (
    json.dumps(EVENT) + '\n\n{"user_id": 7}\n[1]\n',
    json.dumps(PRODUCT, ensure_ascii=False) + "\n" + json.dumps({"file": "f", "line": 1, "reason": "r", "raw": "{}"}),
    'user_id,type,time,item_id,query\nann,view,2017-10-16,tea,"a ""b"", c\nd"\nbob,SEARCH,5,,茶\n"\n',
    "user_id\ttype\ttime\titem_id\nann\tview\t1508112000000\ttea\n",
    "item_id;title;price;images\n1;tea;9,5;a|b\n2;mug;-1;[]\n",
    json.dumps({"uid": "ann", "at": {"ts": 5}, "item_id": "tea"}) + "\n",
    "userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n",
    "7\t2\t4\t874965758\n",
    "11::Amélie: the film (2001)::Comedy|Romance\n",
    "1|Café (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n",
    json.dumps({"reviewerID": "A", "asin": "B", "overall": 5.0, "unixReviewTime": 1252800000, "summary": "s"}),
    json.dumps({"user_id": "A", "parent_asin": "B", "rating": 5.0, "timestamp": 1634275259292, "text": "t"}),
    json.dumps(AMAZON),
    repr(AMAZON),
    "A1EE2E3N7PW666,B000GFDAUG,5.0,1202256000\n",
    "timestamp,visitorid,event,itemid,transactionid\n1433221332117,2,addtocart,9,\n",
    "timestamp,itemid,property,value\n5,9,categoryid,7\n6,9,790,n15360.000 x\nx,9,available,1\n",
    "1,2268318,2520377,pv,1511544070\n1,9,7,fav,-5\n",
)


def seeds() -> Iterator[bytes]:
    """Yield each text for each case, plain and packed, and a Parquet file."""
    for case in range(len(CASES)):
        for text in TEXTS:
            yield bytes((case,)) + text.encode()
        yield bytes((case,)) + gzip.compress(TEXTS[case % len(TEXTS)].encode(), mtime=0)
        yield bytes((case,)) + "\ufeff茶".encode("gb18030") * 9 + b"\n\0\n"
    yield bytes((7,)) + _parquet()


def _parquet() -> bytes:
    import io

    import polars as pl

    pl.DataFrame([EVENT]).write_parquet(content := io.BytesIO(), compression="uncompressed", statistics=False)
    return content.getvalue()


def make() -> Target:
    from zhanggui.core.errors import InputError
    from zhanggui.data.importing import import_events, import_products, mapped
    from zhanggui.data.store import MemoryStore

    folder = Path(mkdtemp(prefix="zhanggui-fuzz-"))
    work = {"events": import_events, "products": import_products}

    def target(data: bytes) -> None:
        if not data:
            return
        format, kind, name = CASES[data[0] % len(CASES)]
        place, store = folder / name, MemoryStore()
        place.write_bytes(data[1:])
        how = mapped("auto", MAP) if format == "mapped" else format
        try:
            report = work[kind](store, [place], format=how, rejects=folder / "rejects.jsonl")
        except InputError as error:
            if not str(error) or len(str(error)) > 3000:
                raise AssertionError(f"An error of {len(str(error))} characters") from error
            return
        finally:
            place.unlink()
        if report.lines != report.written + report.repeated + report.rejected:
            raise AssertionError(f"A line is lost: {report}")
        if kind == "products":
            list(store.all_products())

    return target


if __name__ == "__main__":
    fuzz(make, seeds)
