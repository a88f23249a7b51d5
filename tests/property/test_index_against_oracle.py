"""The real index against the plain one: the same matches, counts, facets and cosines; the same order if asked for."""

import random
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.core.request import Filters, Sort
from zhanggui.retrieval.index import MemoryIndex, TantivyIndex
from zhanggui.retrieval.text.analyser import Analyser

ANALYSER = Analyser()
PIECES = [
    "绿茶",
    "龙井",
    "茶杯",
    "保温杯",
    "手机",
    "安装",
    "简单",
    "tea",
    "cups",
    "iPhone15",
    "wi-fi",
    "500ml",
    "white",
    "的",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join) | st.lists(st.sampled_from(PIECES)).map("".join)
CATEGORIES = st.sampled_from([(), ("a",), ("a", "b"), ("a", "b", "c"), ("d",), ("d", "b")])
BRANDS = st.sampled_from(["", "Acme", "小米"])
PRICES = st.sampled_from([None, 0.0, 1.5, 20.0])
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["colour", "size"]), st.lists(st.sampled_from("rgb"), max_size=2).map(tuple)
)
ITEMS = [ItemId(f"i{n}") for n in range(12)]


@st.composite
def changes(draw):
    item = draw(st.sampled_from(ITEMS))
    if draw(st.integers(0, 5)) == 0:
        return Change(0, ChangeKind.REMOVED, item)
    product = Product(
        item,
        title=draw(TEXTS),
        description=draw(TEXTS),
        category=draw(CATEGORIES),
        brand=draw(BRANDS),
        price=draw(PRICES),
        attributes=draw(ATTRIBUTES),
        stock=draw(st.sampled_from([None, 0, 3])),
        available=draw(st.integers(0, 4)) > 0,
        created_at=draw(st.sampled_from([None, 5, 9])),
    )
    return Change(0, ChangeKind.PRODUCT, item, product)


QUERIES = st.lists(
    TEXTS | st.builds('"{}"'.format, TEXTS) | st.builds("-{}".format, st.sampled_from(PIECES)), max_size=3
)
FILTERS = st.builds(
    Filters,
    categories=st.lists(CATEGORIES.filter(bool), max_size=2).map(tuple),
    brands=st.lists(BRANDS.filter(bool), max_size=1).map(tuple),
    price_min=st.sampled_from([None, 0.0, 1.0]),
    price_max=st.sampled_from([None, 2.0]),
    attributes=st.lists(
        st.tuples(st.just("colour"), st.lists(st.sampled_from("rgx"), min_size=1).map(tuple)), max_size=1
    ).map(tuple),
    in_stock=st.booleans(),
)
LIMITED = st.sampled_from([3, 1000])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    batches=st.lists(st.lists(changes(), max_size=12), min_size=1, max_size=3),
    asked=st.lists(
        st.tuples(QUERIES.map(" ".join), st.booleans(), FILTERS | st.just(Filters()), st.sampled_from(Sort)), min_size=4
    ),
    seed=st.integers(0, 9),
    limit=LIMITED,
)
def test_answers_are_those_of_the_oracle(batches, asked, seed, limit):
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((len(ITEMS), 4)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        real = TantivyIndex(Path(folder), analyser=ANALYSER, dim=4, dense_k=3, dense_threshold=0.5)
        plain = MemoryIndex(analyser=ANALYSER, dim=4, dense_k=3, dense_threshold=0.5)
        for position, batch in enumerate(batches, start=1):
            for index in (real, plain):
                index.apply(batch, position)
                index.put_vectors(ITEMS[:9], vectors[:9])
        for query, with_vector, filters, sort in asked:
            vector = vectors[-1] if with_vector else None
            asked_for = (query, vector, filters)
            ours, theirs = (index.search(*asked_for, sort=sort, limit=limit) for index in (real, plain))
            compare(ours, theirs, sort=sort)
            same_items(ours, mine=real.search(*asked_for, sort=sort), theirs=plain.search(*asked_for, sort=sort))
            assert real.allowed(ITEMS, filters).tolist() == plain.allowed(ITEMS, filters).tolist()
            assert [i for i, _ in real.nearest(vectors[0], filters, k=4)] == [
                i for i, _ in plain.nearest(vectors[0], filters, k=4)
            ]
        real.close()


def compare(ours, theirs, *, sort):
    """Who is among the first of many may differ: BM25 of tantivy counts what was replaced, and the index's own note."""
    assert (ours.total, ours.facets, len(ours.items)) == (theirs.total, theirs.facets, len(theirs.items))
    if len(ours.items) == ours.total:
        assert set(ours.items) == set(theirs.items)
    if sort is not Sort.RELEVANCE:
        assert ours.items == theirs.items


def same_items(first, *, mine, theirs):
    """Item by item, the first have the cosines of the oracle, NaN where it has none, and the scores of all of ours."""
    for values, whole in ((first.dense, (theirs.items, theirs.dense)), (first.lexical, (mine.items, mine.lexical))):
        expected = dict(zip(whole[0], whole[1].tolist(), strict=True))
        np.testing.assert_allclose(
            np.nan_to_num(values, nan=9), np.nan_to_num([expected[i] for i in first.items], nan=9), atol=1e-5
        )


def test_what_was_replaced_may_decide_who_is_among_the_first(tmp_path):
    """Three of ten with other cosines than the oracle's three, none of them missing: no fault of the vectors."""
    dice, numbers = random.Random(1), np.random.default_rng(1)
    vectors = numbers.standard_normal((12, 4)).astype(np.float32)
    indexes = (
        TantivyIndex(tmp_path, analyser=ANALYSER, dim=4, dense_k=3, dense_threshold=0.5),
        MemoryIndex(analyser=ANALYSER, dim=4, dense_k=3, dense_threshold=0.5),
    )

    def text():
        return " ".join(dice.choices(PIECES[:7], k=dice.randint(1, 5)))

    for position in (1, 2):
        batch = [
            Change(0, ChangeKind.PRODUCT, item, Product(item, title=text(), description=text()))
            for item in dice.sample(ITEMS, 10)
        ]
        for index in indexes:
            index.apply(batch, position)
            index.put_vectors(ITEMS[:9], vectors[:9])
    differing = 0
    for query in (text() for _ in range(40)):
        ours, theirs = (index.search(query, vectors[-1], Filters(), limit=3) for index in indexes)
        mine, all_theirs = (index.search(query, vectors[-1], Filters()) for index in indexes)
        same_items(ours, mine=mine, theirs=all_theirs)
        differing += np.isnan(ours.dense).sum() != np.isnan(theirs.dense).sum()
    indexes[0].close()
    assert differing
