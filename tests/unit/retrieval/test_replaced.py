"""Products that were replaced count until tantivy merges its segments; what a match is worth must not drift."""

from contextlib import closing

import numpy as np

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.core.request import Filters
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser


def test_scores_stay_a_share_of_the_ideal_while_replaced_products_are_counted(tmp_path):
    products = [Product(ItemId(f"i{n}"), title="tea pot" if n % 3 else "tea cup") for n in range(30)]
    changes = [Change(0, ChangeKind.PRODUCT, product.item_id, product) for product in products]
    with closing(TantivyIndex(tmp_path, analyser=Analyser(), dim=4)) as index:
        scores = []
        for position in (1, 2, 3):
            index.apply(changes if position == 1 else changes[:20], position)  # what is all gone is forgotten at once
            scores.append(index.search("tea cup", None, Filters()).lexical)
    np.testing.assert_allclose(scores[1:], [scores[0]] * 2, rtol=0.05)
