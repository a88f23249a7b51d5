"""What a ranker learns from, and the pages that it is judged by: all gathered before training, of one index."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zhanggui.app.blending import BEST, Questions, ask, judgments_of
from zhanggui.app.build import current_release, fusion_of, shop_encoder
from zhanggui.app.lessons import FEWEST, Lesson, Material, Told, gather, mined, within
from zhanggui.app.probing import probe_index
from zhanggui.app.settings import Settings
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.protocols import Store
from zhanggui.data.examples.graded import Graded, graded, right_texts, unlearnt
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.splits import Parts
from zhanggui.data.examples.texts import Texts
from zhanggui.data.examples.words import folded
from zhanggui.training.negatives import Negatives
from zhanggui.training.teachers import SearchTeacher

READ_A_MINUTE = 150
"""Pairs, each with its wrong passages, for a minute of budget: a ranker reads every text anew for each pair."""

ANSWERED_A_MINUTE = 150
"""Pairs of texts that the teacher answers for its student, for a minute of budget: 12 layers answer 10 a second."""

HARD = 2
"""Wrong passages of a pair that were mined: of more there are fewer pairs in the same time."""

JUDGED = 50
"""Pairs of dev and of test that examples are made of: 12 layers read some dozen examples a second."""

ASKED = 300
"""Queries of dev and of test that search answers for the choice of the weight."""

_TOP = 10
NONE = Judgments({}, {})
TYPED = (PairKind.QUERY, PairKind.TITLE)
"""What somebody might type. Not raw queries: search itself named their items, so search is right about all of them."""


@dataclass(frozen=True, slots=True)
class RankerLessons:
    """Examples with labels for the teacher, without for its student; questions to choose the weight by, and to judge.

    `sure` are raw queries of dev and test, of whose answer search is sure and which nothing was trained on: none, and
    `judged` true, where people judged the queries of `choice`. `material` is what all of it was made of.
    """

    train: Sequence[Graded]
    dev: Sequence[Graded]
    test: Sequence[Graded]
    unlabelled: Sequence[tuple[str, str]]
    unlabelled_dev: Sequence[tuple[str, str]]
    choice: Questions
    trial: Questions
    sure: Questions
    judged: bool
    material: Material


def gather_ranker(settings: Settings, store: Store, lesson: Lesson, *, told: Told) -> RankerLessons:
    """Make pairs, negatives, candidates and pages with the shop's own search. Raises InputError with too few pairs."""
    material = gather(settings, store, replace(lesson, pairs_a_minute=READ_A_MINUTE), told=told)
    encoder, texts = shop_encoder(settings), Texts.of(store.all_products())
    with probe_index(settings, store, encoder, tick=lambda done, steps: told("meaning", done, steps)) as probe:
        fuse = fusion_of(current_release(settings.home))
        search = SearchTeacher(probe.index, encoder, fuse=fuse, met=probe.met, depth=BEST)
        maker = _Maker(lesson, material, texts, search, told, _sharers(texts))
        held = [within(part, JUDGED, lesson.seed) for part in (material.parts.dev, material.parts.test)]
        wrong = [mined(settings, some, material, probe.index, encoder, texts, told) for some in held]
        return maker.lessons(held, wrong)


@dataclass(frozen=True, slots=True)
class _Maker:
    lesson: Lesson
    material: Material
    texts: Texts
    search: SearchTeacher
    told: Told
    sharers: Mapping[str, Sequence[ItemId]]

    def lessons(self, held: Sequence[Sequence[Pair]], wrong: Sequence[Negatives]) -> RankerLessons:
        parts, judgments = self.material.parts, self.lesson.judgments
        make, apart = self._graded(parts), unlearnt(parts)
        new_dev, new_test = self._new(parts.dev), self._new(parts.test or parts.dev)
        few = within(new_dev, JUDGED // 2, self.lesson.seed)
        dev, test = (make(some, mined, frozenset()) for some, mined in zip(held, wrong, strict=True))
        return RankerLessons(
            train=make(parts.train, self.material.negatives, apart),
            dev=dev,
            test=test,
            unlabelled=self._unlabelled(),
            unlabelled_dev=list(self._pages([pair.left for pair in few], "candidates")),
            choice=ask(self.search, judgments or self._typed(new_dev), self.texts.passages),
            trial=ask(self.search, self._typed(new_test), self.texts.passages),
            sure=ask(self.search, NONE if judgments else self._sure(), self.texts.passages),
            judged=judgments is not None,
            material=self.material,
        )

    def _graded(self, parts: Parts) -> Callable[[Sequence[Pair], Negatives, frozenset[str]], list[Graded]]:
        passages, rights = list(self.sharers), right_texts(parts)
        return lambda pairs, wrong, apart: graded(
            pairs, wrong, passages, rights=rights, hard=HARD, seed=self.lesson.seed, kept_apart=apart
        )

    def _new(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Return the pairs whose left text is neither in train nor among the raw queries; all, where that leaves none.

        Items are kept apart, not what is said of them: a part of one title may be that of another.
        """
        known = {folded(pair.left) for pair in self.material.parts.train} | set(map(folded, self.material.asked))
        return [pair for pair in pairs if folded(pair.left) not in known] or list(pairs)

    def _typed(self, pairs: Sequence[Pair]) -> Judgments:
        typed = [pair for pair in pairs if pair.kind in TYPED] or list(pairs)
        return judgments_of(within(typed, ASKED, self.lesson.seed), self.sharers)

    def _sure(self) -> Judgments:
        parts = self.material.parts
        known = {folded(pair.left) for pair in parts.train}
        raw = [pair for pair in (*parts.dev, *parts.test) if pair.kind is PairKind.PSEUDO]
        new = [pair for pair in raw if folded(pair.left) not in known]
        return judgments_of(within(new, ASKED, self.lesson.seed), self.sharers)

    def _unlabelled(self) -> list[tuple[str, str]]:
        """Return raw queries with what search finds, and lefts of train with their own passages, wrong ones and finds.

        Half of what the budget holds are raw queries, if there are so many.
        """
        most = max(FEWEST, round(ANSWERED_A_MINUTE * self.lesson.minutes))
        dice = np.random.default_rng(self.lesson.seed)
        sure = self._sure().queries
        asked = [self.material.asked[row] for row in dice.permutation(len(self.material.asked)).tolist()]
        asked = [text for text in asked if text not in sure]
        raw = list(self._pages(asked[: most // 2 // _TOP], "candidates"))
        pairs, wrong = self.material.parts.train, self.material.negatives
        rows = dice.permutation(len(pairs))[: most // _TOP].tolist()
        own = [(pairs[row].left, text) for row in rows for text in (pairs[row].right, *wrong[row])]
        found = list(self._pages([pairs[row].left for row in rows], "candidates"))
        return list(dict.fromkeys([*raw, *own, *found]))[:most]

    def _pages(self, lefts: Sequence[str], what: str) -> Iterator[tuple[str, str]]:
        """Yield each text with the passages that search finds for it."""
        lefts = list(dict.fromkeys(lefts))
        for done, left in enumerate(lefts):
            self.told(what, done, len(lefts))
            [found] = self.search([left])
            for item, _ in found[:_TOP]:
                if item in self.texts.passages:
                    yield left, self.texts.passages[item]


def _sharers(texts: Texts) -> dict[str, list[ItemId]]:
    """Return the items of each passage, in the order of the passages."""
    found: defaultdict[str, list[ItemId]] = defaultdict(list)
    for item, text in texts.passages.items():
        found[text].append(item)
    return dict(sorted(found.items()))
