import shutil
from contextlib import closing

import pytest

from zhanggui.core.errors import StoreError
from zhanggui.core.product import Product
from zhanggui.data.store import open_store


def test_a_file_that_was_deleted_takes_no_write(tmp_path):
    path = tmp_path / "home" / "shop.db"
    with closing(open_store(path)) as store:
        store.put_products([Product("tea")])
        shutil.rmtree(path.parent)
        with pytest.raises(StoreError, match="zhanggui restore"):
            store.put_products([Product("mug")])


def test_a_file_that_was_replaced_takes_no_write(tmp_path):
    with closing(open_store(tmp_path / "other.db")) as other:
        other.put_products([Product("cup")])
    with closing(open_store(tmp_path / "shop.db")) as store:
        store.put_products([Product("tea")])
        shutil.move(tmp_path / "other.db", tmp_path / "shop.db")
        with pytest.raises(StoreError, match="replaced"):
            store.put_products([Product("mug")])


def test_a_file_that_is_put_back_is_written_again(tmp_path):
    path = tmp_path / "home" / "shop.db"
    with closing(open_store(path)) as store:
        store.put_products([Product("tea")])
        path.parent.rename(tmp_path / "away")
        with pytest.raises(StoreError):
            store.put_products([Product("mug")])
        (tmp_path / "away").rename(path.parent)
        store.put_products([Product("cup")])
    with closing(open_store(path)) as again:
        assert [product.item_id for product in again.all_products()] == ["cup", "tea"]
