"""Settings of the members, chosen on the question that the weights are fitted on. Baselines are chosen for alike."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from zhanggui.core.interactions import Split
from zhanggui.core.protocols import Recommender
from zhanggui.evaluation.novelty import new_only
from zhanggui.evaluation.ranking import measured, shown
from zhanggui.evaluation.seen import AllSeen, SeenPolicy
from zhanggui.models.blend import Page

Value = float | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Values to try for one setting of one member, the default first, judged on one kind of page.

    `trial` are other settings for the attempts, to make them cheap: a smaller cap finds the same penalty.
    """

    member: str
    setting: str
    values: Sequence[Value]
    page: Page = Page.NEW
    trial: Mapping[str, Value] = field(default_factory=dict)


LEARNT = (
    Choice("popularity", "half_life_days", (None, 120.0, 30.0)),
    Choice("ease", "penalty", (200.0, 50.0, 1000.0), trial={"cap": 2000}),
)
"""Settings that shape what is learnt: each value is fitted."""

ASKED = (
    Choice("frequency", "half_life_days", (90.0, 30.0, 270.0, 10_000.0), Page.ALL),
    Choice("knn", "decay", (1.0, 0.9, 0.7)),
    Choice("ease", "decay", (1.0, 0.9, 0.7)),
    Choice("bought_together", "decay", (0.9, 1.0, 0.7)),
)
"""Settings that shape only how a history is read: nothing is fitted again."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A sample of a question, for both kinds of page."""

    questions: Mapping[Page, tuple[Split, SeenPolicy]]
    k: int

    @classmethod
    def of(cls, question: Split, seen: SeenPolicy, *, k: int, users: int, seed: int) -> "Judge":
        """Draw at most `users` users by `seed`."""
        chosen = np.sort(np.random.default_rng(seed).permutation(len(question.users))[:users])
        part = replace(
            question,
            users=tuple(question.users[row] for row in chosen),
            histories=question.histories.take(chosen),
            targets=question.targets.take(chosen),
        )
        return cls({Page.ALL: (part, seen), Page.NEW: (new_only(part), AllSeen())}, k)

    def best(self, attempts: Sequence[Recommender], page: Page) -> int:
        """Return which attempt has the highest mean nDCG@k; of equals the first."""
        question, seen = self.questions[page]
        if not len(question.users):
            return 0
        systems = {str(number): model for number, model in enumerate(attempts)}
        pages = shown(systems, question.histories, k=self.k, seen={"": seen})
        values = [measured(pages["", name], question.targets, k=self.k)[f"ndcg@{self.k}"].mean() for name in systems]
        return int(np.argmax(values))


def choose_learnt(members: Sequence[Recommender], question: Split, judge: Judge) -> None:
    """Set, in place, what shapes the learning of members that are to be fitted on the question's training part."""
    for choice, member in _pairs(LEARNT, members):
        attempts = [_changed(member, {**choice.trial, choice.setting: value}) for value in choice.values]
        for attempt in attempts:
            attempt.fit(question.train)
        setattr(member, choice.setting, choice.values[judge.best(attempts, choice.page)])


def choose_asked(members: Sequence[Recommender], judge: Judge) -> None:
    """Set, in place, how fitted members read a history."""
    for choice, member in _pairs(ASKED, members):
        attempts = [_changed(member, {choice.setting: value}) for value in choice.values]
        setattr(member, choice.setting, choice.values[judge.best(attempts, choice.page)])


def settings_of(members: Sequence[Recommender]) -> dict[str, Value]:
    """Return what was chosen, as "member.setting": value."""
    return {f"{c.member}.{c.setting}": getattr(member, c.setting) for c, member in _pairs((*LEARNT, *ASKED), members)}


def _pairs(choices: Sequence[Choice], members: Sequence[Recommender]) -> list[tuple[Choice, Recommender]]:
    named = {member.name: member for member in members}
    return [(choice, named[choice.member]) for choice in choices if choice.member in named]


def _changed(member: Recommender, settings: Mapping[str, Value]) -> Recommender:
    other = copy.copy(member)
    for name, value in settings.items():
        setattr(other, name, value)
    return other
