import numpy as np

from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.data.examples.pseudo import pseudo_pairs
from zhanggui.data.examples.texts import Texts
from zhanggui.encoders import HashEncoder
from zhanggui.retrieval.fusion import Fusion, words_only
from zhanggui.retrieval.index import MemoryIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.training.teachers import SearchTeacher

SHELF = [Product(title.replace(" ", "-"), title=title) for title in ("white mug", "red mug", "iron pot", "motor oil")]


def index_of(encoder):
    index = MemoryIndex(analyser=Analyser(), dim=encoder.dim)
    index.apply([Change(n, ChangeKind.PRODUCT, p.item_id, p) for n, p in enumerate(SHELF, 1)], len(SHELF))
    index.put_vectors([p.item_id for p in SHELF], encoder.passages([p.title for p in SHELF]))
    return index


def test_a_sure_answer_is_learnt_and_a_torn_one_is_not():
    encoder = HashEncoder()
    index, texts = index_of(encoder), Texts.of(SHELF)
    meaning_too = Fusion(spread=0.5)  # letters that are shared spread more than the meanings of a real encoder
    for teacher in (SearchTeacher(index, encoder, fuse=meaning_too), SearchTeacher(index, fuse=words_only)):
        pairs = pseudo_pairs(["white mug", "mug", "oil"], teacher, texts, least=0.2, margin=0.05)
        assert {(pair.left, pair.item) for pair in pairs} == {("white mug", "white-mug"), ("oil", "motor-oil")}


def test_answers_come_best_first_and_one_for_each_query():
    encoder = HashEncoder()
    answers = SearchTeacher(index_of(encoder), encoder, depth=3)(["red mug", "pot", "zzz"])
    assert [found[0][0] for found in answers[:2]] == ["red-mug", "iron-pot"]
    for found in answers:
        scores = [score for _, score in found]
        assert len(found) <= 3 and scores == sorted(scores, reverse=True) and np.isfinite(scores).all()
    assert SearchTeacher(index_of(encoder), encoder)([]) == []


def test_who_meets_the_query_best_by_tokens_keeps_its_score_and_others_lose_by_the_lead():
    index, cosines = index_of(HashEncoder()), {"red-mug": 0.1, "white-mug": 0.9, "iron-pot": np.nan}
    plain = dict(SearchTeacher(index, fuse=words_only)(["mug"])[0])
    told = SearchTeacher(index, fuse=words_only, met=lambda _, items: np.array([cosines[item] for item in items]))
    found = told(["mug"])[0]
    assert [item for item, _ in found] == ["white-mug", "red-mug"]
    assert dict(found)["white-mug"] == plain["white-mug"]
    assert np.isclose(dict(found)["red-mug"], plain["red-mug"] - 0.8)


def test_where_nobody_has_read_the_tokens_search_says_what_it_said():
    encoder = HashEncoder()
    index = index_of(encoder)
    unread = SearchTeacher(index, encoder, met=lambda _, items: np.full(len(items), np.nan, np.float32))
    assert [item for item, _ in unread(["red mug"])[0]] == [
        item for item, _ in SearchTeacher(index, encoder)(["red mug"])[0]
    ]
    assert SearchTeacher(MemoryIndex(analyser=Analyser(), dim=0), met=unread.met)(["zzz"]) == [[]]
