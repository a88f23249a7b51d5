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
    assert encoder is cache and isinstance(encoder, LateEncoder)
    yield encoder
    encoder.close()


def hashes(texts):
    return [content_hash(text) for text in texts]


@pytest.mark.parametrize("check", list(encoder_checks()), ids=lambda check: check.__name__)
def test_it_is_an_encoder(late, check):
    check(late)


@pytest.mark.parametrize("check", list(vectors_checks()), ids=lambda check: check.__name__)
def test_it_is_a_cache_of_texts_whose_tokens_it_has(e5, tmp_path, check):
    class Read(LateEncoder):
        """Has read whatever it is given a vector of."""

        def put(self, hashes, vectors):
            super().put(hashes, vectors)
            self._tokens.put(hashes, [np.ones((1, 384), np.float32)] * len(hashes))

    check(lambda: Read(e5, tmp_path, VectorCache(tmp_path, encoder=e5.name, dim=e5.dim)))


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


def test_texts_without_tokens_are_told_once(late):
    late.passages(TITLES[:1])
    scores = late.score("雨伞", [TITLES[0], TITLES[1], "", TITLES[1]])
    assert np.isnan(scores).tolist() == [False, True, True, True]
    assert late.wanted() == [TITLES[1]] and late.wanted() == []


def test_a_vector_without_tokens_is_not_known_and_comes_again(e5, tmp_path):
    plain = VectorCache(tmp_path, encoder=e5.name, dim=e5.dim)
    plain.put(hashes(TITLES), e5.passages(TITLES))
    plain.close()
    late, _ = keeping(e5, tmp_path)
    late.passages(TITLES[:1])
    found, vectors = late.get(hashes(TITLES))
    assert found.tolist() == [True, False, False, False] and not vectors[1:].any()
    assert hashes(TITLES)[0] in late and hashes(TITLES)[1] not in late and len(late) == 4
    late.close()
    again, _ = keeping(e5, tmp_path)
    assert again.get(hashes(TITLES))[0].tolist() == found.tolist() and not np.isnan(again.score("伞", TITLES[:1]))
    again.close()


def test_tokens_are_taken_over_from_another_name(e5, late, tmp_path):
    late.passages(TITLES)
    other = LateEncoder(e5, tmp_path / "other", VectorCache(tmp_path, encoder="other", dim=e5.dim))
    other.take_over(e5.name, tmp_path, hashes([*TITLES, "unknown"]))
    assert np.array_equal(other.score("雨伞", TITLES), late.score("雨伞", TITLES))
    other.close()


def test_an_encoder_that_tells_of_no_tokens_keeps_none(tmp_path):
    encoder = HashEncoder(dim=32)
    same, cache = keeping(encoder, tmp_path)
    assert same is encoder and isinstance(cache, VectorCache)
    cache.close()
