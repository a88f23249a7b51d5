"""Scores on one scale, weights that are fitted, files that come back."""

import numpy as np
import pytest

from zhanggui.core.errors import NotFittedError, ReleaseError
from zhanggui.core.interactions import Histories, Split
from zhanggui.evaluation.seen import AllSeen, NoneSeen
from zhanggui.models.blend import Blend, Page
from zhanggui.models.checks import small_log
from zhanggui.models.files import read, write
from zhanggui.models.fitting import ascended, best_way, chosen_by_logit, fitted_weights, ways
from zhanggui.models.item_knn import ItemKnn
from zhanggui.models.pool import Pool, Question, pools
from zhanggui.models.popularity import Popularity

LOG = small_log()


def knn_and_popularity(**options):
    return Blend([ItemKnn(), Popularity()], **options).fit(LOG)


def test_every_member_counts_by_its_largest_score():
    blend = knn_and_popularity(weights={Page.ALL: {"knn": 2.0, "popularity": 1.0}})
    history = LOG.histories().slice(0, 1)
    knn, popular = blend.parts(history)["knn"][0], blend.parts(history)["popularity"][0]
    expected = 2 * np.maximum(knn, 0) / knn.max() + np.maximum(popular, 0) / popular.max()
    expected[~np.isfinite(knn) & ~np.isfinite(popular)] = -np.inf
    assert blend.score(history)[0] == pytest.approx(expected)


def test_new_pages_measure_by_the_best_new_item():
    blend = knn_and_popularity(weights={Page.ALL: {"popularity": 1.0}, Page.NEW: {"popularity": 1.0}})
    tea = LOG.items.row("tea")
    history = Histories.of([tea])
    others = np.delete(blend.on(Page.NEW).score(history)[0], tea)
    assert others[np.isfinite(others)].max() == 1 and blend.score(history)[0, tea] == 1


def test_a_stranger_gets_what_is_popular():
    blend = knn_and_popularity(weights={Page.ALL: {"knn": 1.0, "popularity": 0.001}})
    stranger = Histories.of([])
    assert blend.score(stranger)[0].argmax() == Popularity().fit(LOG).score(stranger)[0].argmax()


def test_a_member_without_weight_is_not_asked():
    blend = knn_and_popularity(weights={Page.ALL: {"popularity": 1.0}})
    del blend.members[0].neighbours_
    assert blend.score(Histories.of([0])).shape == (1, 6)


def test_evidence_joins_the_members():
    blend = knn_and_popularity()
    found = blend.because(LOG.histories().slice(0, 1), LOG.items.row("milk"))
    assert found and sum(share for _, share in found) == pytest.approx(1)


def test_not_fitted():
    with pytest.raises(NotFittedError):
        Blend([Popularity()]).parts(Histories.of([]))


def test_weights_and_members_come_back(tmp_path):
    weights = {Page.ALL: {"knn": 0.25, "popularity": 1.0}, Page.NEW: {"knn": -0.5, "popularity": 0.125}}
    knn_and_popularity(weights=weights).save(tmp_path / "blend.npz")
    loaded = Blend.load(tmp_path / "blend.npz")
    assert loaded.weights == weights and {m.items_ for m in loaded.members} == {loaded.items_}
    (tmp_path / "blend.knn.npz").write_bytes(b"torn")
    with pytest.raises(ReleaseError, match=r"blend\.knn\.npz"):
        Blend.load(tmp_path / "blend.npz")


def test_a_file_of_another_kind_is_refused(tmp_path):
    Popularity().fit(LOG).save(tmp_path / "model.npz")
    with pytest.raises(ReleaseError, match="holds 'popularity', not 'knn'"):
        ItemKnn.load(tmp_path / "model.npz")


def test_ids_of_any_letters_come_back(tmp_path):
    names = type(LOG.items)(["", "春茶", "a\nb", "\ud800", "é"])
    write(tmp_path / "x.npz", "test", names, {}, {"numbers": np.arange(3)})
    items, settings, arrays = read(tmp_path / "x.npz", "test")
    assert items.ids == names.ids and settings == {} and arrays["numbers"].tolist() == [0, 1, 2]


def planted(*, users=200, seed=1):
    """Member 0 tells the truth with noise, member 1 shouts at random, member 2 says the opposite of the truth."""
    random = np.random.default_rng(seed)
    truth = random.random((users, 30))
    noisy = np.clip(truth + random.normal(0, 0.15, truth.shape), 0.01, None)
    right = truth > 0.9
    values = np.stack((noisy, random.random(truth.shape), 1.01 - truth), axis=2).astype(np.float32)
    return Pool(values, right, right.sum(axis=1))


@pytest.mark.parametrize("way", ways([True] * 3, k=5))
def test_every_way_finds_who_tells_the_truth(way):
    made = planted()
    weights = ways([True] * 3, k=5)[way](made)
    told = planted(seed=2).ndcg(weights, k=5)
    assert abs(weights[1]) < 0.2 * max(map(abs, weights))
    assert told >= planted(seed=2).ndcg([1, 0, 0], k=5) - 0.01 > planted(seed=2).ndcg([1, 1, 1], k=5)


def test_only_free_weights_are_negative():
    assert chosen_by_logit(planted(), free=[True] * 3)[2] < 0
    assert min(chosen_by_logit(planted(), free=[False] * 3)) >= 0 and min(ascended(planted(), k=5)) >= 0


def test_the_way_that_holds_is_taken():
    good, bad = (lambda _: [1.0, 0.0, 0.0]), (lambda _: [0.0, 1.0, 0.0])
    assert best_way(planted(), {"bad": bad, "good": good}, k=5) is good


def test_pools_hold_what_may_be_shown():
    blend = knn_and_popularity()
    histories = LOG.histories()
    free, strict = pools(histories, [Question(blend, histories, NoneSeen()), Question(blend, histories, AllSeen())])
    assert free.right.any() and not strict.right.any()
    assert (
        free.wanted.tolist() == strict.wanted.tolist() == [len(set(histories.slice(b, b + 1).item)) for b in range(4)]
    )


def test_fitted_weights_prefer_the_member_that_is_right():
    histories = LOG.histories()
    split = Split("", LOG, tuple("abcd"), histories, histories)
    blend = Blend([Popularity(), Oracle()]).fit(LOG)
    weights = fitted_weights(blend, split, seen=NoneSeen(), k=3)
    assert weights[Page.ALL]["oracle"] == 1 and weights[Page.ALL]["popularity"] < 0.5
    assert weights[Page.NEW] == {"popularity": 1.0, "oracle": 1.0}, "no new item was taken: nothing to fit on"


class Oracle(ItemKnn):
    """Says the history itself."""

    name = "oracle"

    def score(self, histories):
        scores = np.full((len(histories), 6), -np.inf, np.float32)
        for b in range(len(histories)):
            scores[b, histories.slice(b, b + 1).item] = 1
        return scores
