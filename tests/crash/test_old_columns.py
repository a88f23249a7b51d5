"""A text index that is made anew must not be read by the columns of the one before: their rows are others."""

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
