"""What every scorer of pairs promises; authors of plug-ins run the same checks."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from zhanggui.core.protocols import PairScorer

PairCheck = Callable[[PairScorer], None]

TEXTS = [
    "绿茶 500g",
    "green tea 500 g",
    "",
    "x" * 3000,
    "mug\n",
    "茶杯🍵",
    "\ud800 lone",
    "A",
    "<s> </s>",
    "tea " * 300,
]


def pair_checks() -> Iterator[PairCheck]:
    """Yield every check of a scorer, to be parametrised over."""
    yield check_one_finite_score_a_text
    yield check_no_texts_have_no_scores
    yield check_any_query_is_taken
    yield check_company_and_order_change_nothing
    yield check_the_same_pair_has_the_same_score_again
    yield check_threads_do_not_disturb_each_other
    yield check_a_caller_may_write_into_the_answer


def check_one_finite_score_a_text(scorer: PairScorer) -> None:
    scores = scorer.score("green tea", TEXTS)
    assert scores.shape == (len(TEXTS),) and scores.dtype == np.float32
    assert np.isfinite(scores).all() and scorer.name


def check_no_texts_have_no_scores(scorer: PairScorer) -> None:
    assert scorer.score("tea", []).shape == (0,)


def check_any_query_is_taken(scorer: PairScorer) -> None:
    for query in TEXTS:
        assert np.isfinite(scorer.score(query, ["green tea", "x" * 3000])).all()


def check_company_and_order_change_nothing(scorer: PairScorer) -> None:
    together = scorer.score("green tea", TEXTS)
    alone = np.concatenate([scorer.score("green tea", [text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=2e-2)
    assert np.allclose(together[::-1], scorer.score("green tea", TEXTS[::-1]), atol=2e-2)


def check_the_same_pair_has_the_same_score_again(scorer: PairScorer) -> None:
    assert np.array_equal(scorer.score("mug", TEXTS), scorer.score("mug", TEXTS))


def check_threads_do_not_disturb_each_other(scorer: PairScorer) -> None:
    expected = scorer.score("tea", TEXTS)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: scorer.score("tea", TEXTS), range(8)))
    assert all(np.allclose(answer, expected, atol=2e-2) for answer in answers)


def check_a_caller_may_write_into_the_answer(scorer: PairScorer) -> None:
    before = scorer.score("tea", TEXTS).copy()
    scorer.score("tea", TEXTS)[:] = 0
    assert np.array_equal(scorer.score("tea", TEXTS), before)
