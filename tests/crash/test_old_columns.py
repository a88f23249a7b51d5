"""A text index that is made anew must not be read by the columns of the one before; nor stay what a writer left."""

import shutil
from contextlib import closing

from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.core.request import Filters
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser


def put(index, names, position):
    index.apply([Change(position, ChangeKind.PRODUCT, n, Product(n, title=f"tea {n}")) for n in names], position)


def test_killed_while_building_anew_after_a_loss(tmp_path):
    home, after = tmp_path / "home", tmp_path / "after"
    with closing(TantivyIndex(home, analyser=Analyser(), dim=0)) as first:
        put(first, ["one", "two"], 2)
    (home / "text" / "meta.json").unlink()
    with closing(TantivyIndex(home, analyser=Analyser(), dim=0)):
        # What a process that is killed here leaves: new texts are about to be written.
        shutil.copytree(home, after)
    assert not (after / "columns.npz").exists()
    with closing(TantivyIndex(after, analyser=Analyser(), dim=0)) as again:
        assert again.position == 0 and again.search("tea", None, Filters()).total == 0


def test_what_a_killed_writer_left_beside_the_texts_goes_when_the_index_is_opened(tmp_path):
    with closing(TantivyIndex(tmp_path, analyser=Analyser(), dim=0)) as index:
        put(index, ["one"], 1)
    orphan = tmp_path / "text" / ".tmpcb6Yl2"
    orphan.write_bytes(b'["meta.json"]')
    with closing(TantivyIndex(tmp_path, analyser=Analyser(), dim=0)) as again:
        assert not orphan.exists()
        assert again.search("tea", None, Filters()).items == ("one",)
