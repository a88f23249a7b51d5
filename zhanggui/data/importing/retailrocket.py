"""Retailrocket: four and a half months of a real shop, with all names hashed.

`events.csv`: views, carts and purchases. `item_properties_part1.csv`, `_part2.csv`: one row for each item, property and
week; of each property the last value counts. `categoryid` becomes the path through `category_tree.csv`, `available`
tells whether it can be bought, every other property is an attribute under its hashed name, its words parted; `n12.000`
is the number 12. No property is known to be the title or the price, so none is taken for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch, Record, Reject
from zhanggui.data.importing.delimited import read_delimited
from zhanggui.data.importing.encoding import refuse_no_text
from zhanggui.data.importing.formats import FORMATS, Format
from zhanggui.data.importing.header import check_header
from zhanggui.data.importing.kinds import EVENTS, PRODUCTS, Kind
from zhanggui.data.importing.public_set import Part, PublicSet
from zhanggui.data.importing.source import Source
from zhanggui.data.importing.translated import translated

TYPES = {"view": "view", "addtocart": "cart", "transaction": "purchase"}
EVENT = EVENTS.of_columns("timestamp", "visitorid", "event", "itemid", "transactionid")
PROPERTY = PRODUCTS.of_columns("timestamp", "itemid", "property", "value")
TREE = PRODUCTS.of_columns("categoryid", "parentid")

ITEMS_OF = 64_000_000
"""Bytes of properties whose items are gathered at once: the rows are gone through once for each such share."""

MOST_WRONG = 100_000
"""So many wrong rows are named at most."""

_DEEPEST = 30


def _events(source: Source) -> Iterator[Batch]:
    return translated(read_delimited(source, EVENT), _event)


def _event(row: Record) -> Record:
    return {
        "user_id": row["visitorid"],
        "type": TYPES.get(row["event"], row["event"]),
        "time": row["timestamp"],
        "item_id": row["itemid"],
        "order_id": row["transactionid"],
    }


def _products(source: Source) -> Iterator[Batch]:
    """Yield the items of all parts that lie beside each other, a share of the items at a time."""
    parts = _parts(source.path)
    try:
        rows = pl.concat([_rows(Source.at(part)) for part in parts])
        yield Batch(0, rejects=_rejects(rows))
        parents, shares = _tree(source), 1 + sum(part.stat().st_size for part in parts) // ITEMS_OF
        with TemporaryDirectory(prefix="zhanggui-") as folder:
            packed = _packed(_good(rows), Path(folder) / "rows.parquet", shares)
            for share in range(shares):
                yield _share(source, packed.filter(pl.col("share") == share), parents, (share + 1) / shares)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{source.path} or a file beside it is not of its form: {error}. Fetch it again.") from error


def _packed(rows: pl.LazyFrame, place: Path, shares: int) -> pl.LazyFrame:
    """Write the rows once, with the share of each: going through them again then costs a tenth of reading text."""
    rows.with_columns(share=(pl.col("itemid").hash(0) % shares).cast(pl.Int32)).sink_parquet(place)
    return pl.scan_parquet(place)


def _parts(path: Path) -> list[Path]:
    return sorted(path.parent.glob("item_properties*.csv"))


def _rows(source: Source) -> pl.LazyFrame:
    refuse_no_text(source)
    if source.zipped:
        raise InputError(f"{source.path} is packed. Unpack it: gunzip FILE.")
    rows = pl.scan_csv(source.path, infer_schema=False, row_index_name="line", row_index_offset=2)
    check_header(source.path, rows.collect_schema().names(), PROPERTY)
    return rows.select("line", *PROPERTY.required).with_columns(pl.col("timestamp").cast(pl.Int64, strict=False))


_LACKING = pl.any_horizontal(pl.col(name).is_null() for name in ("timestamp", "itemid", "property"))


def _good(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.filter(~_LACKING).drop("line").with_columns(pl.col("value").fill_null(""))


def _rejects(rows: pl.LazyFrame) -> list[Reject]:
    wrong = rows.filter(_LACKING).head(MOST_WRONG).collect(engine="streaming")
    reason = "timestamp is missing or no whole number, or itemid or property is missing."
    return [
        Reject(row["line"], reason, ",".join(str(row[n] or "") for n in PROPERTY.required)) for row in wrong.to_dicts()
    ]


def _share(source: Source, rows: pl.LazyFrame, parents: Mapping[str, str], done: float) -> Batch:
    last = rows.sort("timestamp", maintain_order=True).unique(("itemid", "property"), keep="last")
    table = last.group_by("itemid").agg("property", "value").sort("itemid").collect()
    records = [_product(item, dict(zip(names, found, strict=True)), parents) for item, names, found in table.rows()]
    return Batch(int(source.size * done), list(range(1, len(records) + 1)), records)


def _product(item: str, held: dict[str, str], parents: Mapping[str, str]) -> Record:
    category, available = held.pop("categoryid", ""), held.pop("available", None)
    attributes = {name: [_word(word) for word in value.split()] for name, value in sorted(held.items())}
    record: Record = {"item_id": item, "category": _path(category, parents), "attributes": attributes}
    return record if available is None else record | {"available": available}


def _word(word: str) -> str:
    """Read a number of the set, as text; other words stay.

    >>> _word("n277.200"), _word("n12.000"), _word("-n0.500"), _word("nice"), _word("ninf")
    ('277.2', '12', '-0.5', 'nice', 'ninf')
    """
    sign, number = ("-", word[2:]) if word.startswith("-n") else ("", word[1:] if word.startswith("n") else "")
    return f"{sign}{number.rstrip('0').rstrip('.')}" if number.replace(".", "", 1).isdigit() and "." in number else word


def _path(category: str, parents: Mapping[str, str]) -> list[str]:
    path: list[str] = []
    while category and category not in path and len(path) < _DEEPEST:  # a tree with a ring in it must end too
        path.append(category)
        category = parents.get(category, "")
    return path[::-1]


def _tree(source: Source) -> dict[str, str]:
    """Read the tree beside the properties; without one a category is a path of itself."""
    place = source.path.with_name("category_tree.csv")
    if not place.exists():
        return {}
    rows = [row for batch in read_delimited(Source.at(place), TREE) for row in batch.records]
    return {row["categoryid"]: row["parentid"].removesuffix(".0") for row in rows}


@dataclass(frozen=True, slots=True)
class Retailrocket:
    """The parts of the properties are one table: the first stands for all that lie beside it."""

    files: PublicSet

    def sources(self, paths: Sequence[Path], kind: Kind) -> list[Source]:
        found = self.files.sources(paths, kind)
        return found if kind is EVENTS else list({part: Source.at(part) for part in map(_first_part, found)}.values())

    def read(self, source: Source, kind: Kind) -> Iterator[Batch]:
        return self.files.read(source, kind)


def _first_part(source: Source) -> Path:
    return next(iter(_parts(source.path)), source.path)


@FORMATS.add("retailrocket")
def _retailrocket() -> Format:
    parts = (Part(EVENTS, "events*.csv", _events), Part(PRODUCTS, "item_properties*.csv", _products))
    return Retailrocket(PublicSet("retailrocket", parts))
