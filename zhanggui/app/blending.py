"""How much a cross-encoder should count beside the shop's own search: chosen by what it does to real answers.

The pages are those of search as it stands; they are mixed by the very function that serves them.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.candidate import Candidate
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.protocols import PairScorer
from zhanggui.data.examples.pair import Pair
from zhanggui.engine.rankers.cross_encoder import mixed
from zhanggui.evaluation.judged import judged
from zhanggui.retrieval.text.query import plain_text
from zhanggui.training.teachers import SearchTeacher

WEIGHTS = tuple(step / 10 for step in range(11))
BEST = 20
"""How many of a page the cross-encoder judges, as `engine.rankers.cross_encoder.Judge` has it."""

MAY_BE_LOST = 0.02
"""Share of MRR@10 on queries of which search is sure: what it is sure of is hardly ever wrong."""

Doubles = NDArray[np.float64]
_TIMED = 30


@dataclass(frozen=True, slots=True)
class Page:
    """What search finds for a query: the best, in order, and what each of them says."""

    query: str
    best: tuple[Candidate, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Questions:
    """Judged queries, and the page that search gives to each, by the query's id."""

    judgments: Judgments
    pages: Mapping[str, Page]


def judgments_of(pairs: Iterable[Pair], items: Mapping[str, Sequence[ItemId]]) -> Judgments:
    """Return pairs as judgments: right are all items whose passage a pair gives to the left text; `items` names them.

    >>> from zhanggui.data.examples.pair import PairKind
    >>> judgments_of([Pair("cup", "mug", ItemId("1"), PairKind.TITLE)], {"mug": ["1", "2"]}).grades
    {'cup': {'1': 1.0, '2': 1.0}}
    """
    grades: dict[str, dict[ItemId, float]] = {}
    for pair in pairs:
        right = items.get(pair.right, [pair.item])
        grades.setdefault(pair.left, {}).update(dict.fromkeys(right, 1.0))
    return Judgments({left: left for left in grades}, grades)


def ask(search: SearchTeacher, judgments: Judgments, passages: Mapping[ItemId, str]) -> Questions:
    """Let search answer every judged query."""
    names = [name for name in judgments.queries if name in judgments.grades]
    queries = [judgments.queries[name] for name in names]
    pages = {
        name: _page(query, found, passages) for name, query, found in zip(names, queries, search(queries), strict=True)
    }
    return Questions(judgments, pages)


def logits_of(questions: Questions, scorer: PairScorer, *, told: Callable[[int, int], None]) -> dict[str, Doubles]:
    """Return what the scorer says of every page, (n,) each, as serving asks it."""
    logits: dict[str, Doubles] = {}
    for done, (name, page) in enumerate(questions.pages.items()):
        told(done, len(questions.pages))
        query = plain_text(page.query).strip()
        logits[name] = np.asarray(scorer.score(query, page.texts), np.float64) if query and page.texts else np.zeros(0)
    return logits


def quality(questions: Questions, logits: Mapping[str, Doubles], weight: float) -> Doubles:
    """Return the mean of MRR@10 and nDCG@10 of each judged query's page, mixed by a weight: (Q,)."""
    scores = _scores(questions, logits, weight)
    return (scores["mrr@10"] + scores["ndcg@10"]) / 2


def mean_mrr(questions: Questions, logits: Mapping[str, Doubles], weight: float) -> float:
    """Return the MRR@10 of the pages mixed by a weight; 0 where nothing was judged."""
    ranks = _scores(questions, logits, weight)["mrr@10"]
    return float(ranks.mean()) if len(ranks) else 0.0


def harmless_weights(sure: Questions, logits: Mapping[str, Doubles]) -> tuple[float, ...]:
    """Return the weights that keep first what search is `sure` of; all of them where nothing is asked.

    What is typed to choose a weight by are parts of titles. A ranker may be better at these and worse at what shoppers
    ask.
    """
    least = (1 - MAY_BE_LOST) * mean_mrr(sure, logits, 0.0)
    return tuple(weight for weight in WEIGHTS if mean_mrr(sure, logits, weight) >= least)


def confirmed(weight: float, trial: Questions, logits: Mapping[str, Doubles]) -> float:
    """Return a weight if pages that it was not chosen by are no worse with it, else 0."""
    gains = quality(trial, logits, weight) - quality(trial, logits, 0.0)
    return weight if not len(gains) or gains.mean() >= 0 else 0.0


def best_weight(questions: Questions, logits: Mapping[str, Doubles], among: Sequence[float] = WEIGHTS) -> float:
    """Return the weight whose pages are best, of equals the lowest; 0 says that the cross-encoder does not help.

    It does where the gain over search alone is more than its standard error: among eleven weights one is always best,
    and every page waits for it.
    """
    scores = [quality(questions, logits, weight) for weight in among]
    means = [round(float(one.mean()), 9) if len(one) else 0.0 for one in scores]
    best = means.index(max(means))
    gains = scores[best] - quality(questions, logits, 0.0)
    helps = len(gains) > 1 and gains.mean() > gains.std(ddof=1) / np.sqrt(len(gains))
    return among[best] if helps else 0.0


def page_milliseconds(questions: Questions, scorer: PairScorer) -> float:
    """Return how long a page of 20 pairs takes (median)."""
    full = [page for page in questions.pages.values() if page.texts][:_TIMED]
    times = []
    for page in full:
        texts = (page.texts * BEST)[:BEST]
        began = time.perf_counter()
        scorer.score(plain_text(page.query), texts)
        times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times)) if times else 0.0


def _page(query: str, found: Sequence[tuple[ItemId, float]], passages: Mapping[ItemId, str]) -> Page:
    best = tuple(Candidate(item, (), score) for item, score in sorted(found, key=lambda one: (-one[1], one[0])))
    return Page(query, best[:BEST], tuple(passages.get(candidate.item, "") for candidate in best[:BEST]))


def _order(page: Page, logits: Doubles, weight: float) -> list[ItemId]:
    best = mixed(page.best, logits, weight=weight) if len(logits) > 1 else page.best
    return [candidate.item for candidate in best]


def _scores(questions: Questions, logits: Mapping[str, Doubles], weight: float) -> dict[str, Doubles]:
    run = {name: _order(page, logits[name], weight) for name, page in questions.pages.items()}
    return judged(run, questions.judgments)
