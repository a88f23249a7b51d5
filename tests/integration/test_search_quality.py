"""Search on real Chinese titles, words only: a floor under text analysis, matching and BM25."""

import pytest

from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.training.fusion import BM25, evaluate_search


@pytest.mark.devdata
def test_words_alone_find_real_products(dev_data, tmp_path):
    folder = dev_data / "zh_search"
    titles = _lines(folder / "titles_multicpr.tsv")[:3000]
    grades = {query: {ItemId(item): float(grade)} for query, _, item, grade in _lines(folder / "qrels.tsv")}
    judgments = Judgments(dict(line[:2] for line in _lines(folder / "queries.tsv")), grades)
    products = [Product(ItemId(item), title=title) for item, title in titles]
    index = TantivyIndex(tmp_path, analyser=Analyser(), dim=4)
    index.apply([Change(n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(products)], len(products))
    row = evaluate_search(index, None, judgments, seed=0).rows[0]
    assert row.system == BM25
    assert row.metrics["mrr@10"] >= 0.85


def _lines(path):
    return [line.split("\t") for line in path.read_text("utf-8").splitlines()]
