"""Taobao UserBehavior (Alibaba, Tianchi): a week of a million shoppers in one CSV file without a header.

user, item, category, behaviour (pv, cart, fav, buy), seconds since 1970. Times out of the week, which the set is known
for, are kept: `zhanggui check` names them. The same file gives the products: each item with the category it has last.
"""

from collections.abc import Iterator

import polars as pl

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch, Record
from zhanggui.data.importing.delimited import read_headless
from zhanggui.data.importing.encoding import refuse_no_text
from zhanggui.data.importing.formats import FORMATS, Format
from zhanggui.data.importing.kinds import EVENTS, PRODUCTS
from zhanggui.data.importing.public_set import Part, PublicSet
from zhanggui.data.importing.source import Source
from zhanggui.data.importing.tables import in_batches
from zhanggui.data.importing.translated import translated

COLUMNS = ("user", "item", "category", "behaviour", "time")
BEHAVIOURS = {"pv": "view", "cart": "cart", "fav": "favourite", "buy": "purchase"}


def _events(source: Source) -> Iterator[Batch]:
    return translated(read_headless(source, COLUMNS), _event)


def _event(row: Record) -> Record:
    behaviour = row["behaviour"].strip()
    return {
        "user_id": row["user"],
        "type": BEHAVIOURS.get(behaviour, behaviour),
        "time": row["time"],
        "item_id": row["item"],
    }


def _products(source: Source) -> Iterator[Batch]:
    """Yield the items with their categories; a few dozen bytes an item are held."""
    refuse_no_text(source)
    try:
        rows = pl.scan_csv(source.path, has_header=False, new_columns=list(COLUMNS), infer_schema=False)
        items = rows.select("item", "category").drop_nulls().group_by("item").agg(pl.col("category").last())
        table = items.sort("item").collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{source.path} is not of its form (user,item,category,behaviour,time): {error}.") from error
    named = table.select(item_id="item", category=pl.concat_list("category"))
    return in_batches(source, named)


@FORMATS.add("taobao-userbehavior")
def _taobao() -> Format:
    return PublicSet("taobao-userbehavior", (Part(EVENTS, "*.csv", _events), Part(PRODUCTS, "*.csv", _products)))
