"""A file that is moved away while the Store is open."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from zhanggui.core.product import Product
from zhanggui.data.store import open_store


def test_several_readers_at_once_go_on_without_the_file(tmp_path):
    folder = tmp_path / "home"
    store = open_store(folder / "shop.db")
    store.put_products([Product(f"p{n}", title="tea") for n in range(3)])
    folder.rename(tmp_path / "away")
    together = Barrier(4, timeout=30)

    def read(n):
        products = store.all_products()
        first = next(products)  # a connection is held from here on
        together.wait()
        return [first, *products]

    with ThreadPoolExecutor(4) as pool:
        assert [len(found) for found in pool.map(read, range(4))] == [3] * 4
    store.close()
