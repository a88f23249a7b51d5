import numpy as np
import pytest

from zhanggui.core.passage import content_hash
from zhanggui.encoders import DEFAULT, HashEncoder, LateEncoder, VectorCache, keeping, open_encoder
from zhanggui.encoders.checks import encoder_checks, vectors_checks

TITLES = ["儿童雨伞女童公主透明伞", "雨伞架子 酒店大堂", "kids umbrella, princess", "洗衣液 2kg 薰衣草"]


@pytest.fixture(scope="module")
def e5(tmp_path_factory):
    return open_encoder(DEFAULT, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture
def late(e5, tmp_path):
    encoder, cache = keeping(e5, tmp_path)
    assert isinstance(encoder, LateEncoder) and encoder.cache is cache
    yield encoder
    cache.close()


def hashes(texts):
    return [content_hash(text) for text in texts]


@pytest.mark.parametrize("check", list(encoder_checks()), ids=lambda check: check.__name__)
def test_it_is_an_encoder(late, check):
    check(late)


@pytest.mark.parametrize("check", list(vectors_checks()), ids=lambda check: check.__name__)
def test_it_is_a_cache_of_vectors(e5, tmp_path, check):
    check(lambda: keeping(e5, tmp_path)[1])


def test_vectors_are_those_of_the_encoder_and_tokens_are_kept(e5, late):
    assert np.array_equal(late.passages(TITLES), e5.passages(TITLES))
    assert np.array_equal(late.queries(["伞"]), e5.queries(["伞"]))
    scores = late.score("女童 透明 雨伞", TITLES)
    assert scores.argmax() == 0 and scores.argmin() == 3 and (np.abs(scores) <= 1).all()
    assert late.score("princess umbrella for kids", TITLES).argmax() == 2


def test_two_bits_judge_as_the_model_itself(e5, late):
    vectors, tokens = e5.passages_and_tokens(TITLES)
    late.passages(TITLES)
    for query in ("女童 透明 雨伞", "lavender detergent"):
        asked = e5.query_tokens(query)
        exact = [float((asked @ one.T).max(axis=1).mean()) for one in tokens]
        assert np.abs(late.score(query, TITLES) / 0.94 - exact).max() < 0.05
        assert np.argmax(exact) == late.score(query, TITLES).argmax()


def test_a_text_has_the_tokens_that_it_has_alone(e5):
    _, together = e5.passages_and_tokens([*TITLES, "x " * 300])
    for title, tokens in zip(TITLES, together, strict=False):
        ((alone,),) = (e5.passages_and_tokens([title])[1],)
        assert alone.shape == tokens.shape and np.einsum("nd,nd->n", alone, tokens).min() > 0.999
    assert len(e5.query_tokens("雨伞")) == len(e5.token_ids("query: 雨伞")) - 4


def test_texts_without_tokens_are_read_after_they_were_seen(late):
    late.passages(TITLES[:1])
    asked = [TITLES[0], TITLES[1], "", TITLES[1], TITLES[2]]
    assert np.isnan(late.score("雨伞", asked)).tolist() == [False, True, True, True, True]
    assert late.read_missing(most=1) == 1
    assert np.isnan(late.score("雨伞", asked)).tolist() == [False, False, True, False, True]
    assert late.read_missing() == 1 and late.read_missing() == 0
    assert np.isnan(late.score("雨伞", asked)).tolist() == [False, False, True, False, False]


def test_a_vector_without_tokens_is_known_at_once(e5, tmp_path):
    plain = VectorCache(tmp_path, encoder=e5.name, dim=e5.dim)
    plain.put(hashes(TITLES), e5.passages(TITLES))
    plain.close()
    late, _ = keeping(e5, tmp_path)
    assert late.cache.get(hashes(TITLES))[0].all() and hashes(TITLES)[0] in late.cache and len(late.cache) == 4
    late.score("伞", TITLES)
    late.read_missing()
    late.cache.close()
    again, cache = keeping(e5, tmp_path)
    assert not np.isnan(again.score("伞", TITLES)).any()
    cache.close()


def test_what_no_product_says_is_forgotten_with_its_tokens(late):
    late.cache.put(hashes(TITLES), late.passages(TITLES))
    used = hashes(TITLES[:1])
    assert late.cache.forget(lambda names: np.isin(names, used), spare=1) == 2
    assert np.isnan(late.score("伞", TITLES)).tolist() == [False, True, True, False]
    assert late.cache.get(hashes(TITLES))[0].tolist() == [True, False, False, True]


def test_tokens_are_taken_over_from_another_name(e5, late, tmp_path):
    late.passages(TITLES)
    other = LateEncoder(e5, tmp_path / "other", VectorCache(tmp_path, encoder="other", dim=e5.dim))
    other.take_over(e5.name, tmp_path, hashes([*TITLES, "unknown"]))
    assert np.array_equal(other.score("雨伞", TITLES), late.score("雨伞", TITLES))
    other.cache.close()


def test_an_encoder_that_tells_of_no_tokens_keeps_none(tmp_path):
    encoder = HashEncoder(dim=32)
    same, cache = keeping(encoder, tmp_path)
    assert same is encoder and isinstance(cache, VectorCache)
    cache.close()
