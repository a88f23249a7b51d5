"""Collaborative filtering, from a log to what a Release serves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.interactions import Interactions, Split
from zhanggui.models.blend import Blend
from zhanggui.models.bundle import Bundle
from zhanggui.models.fitting import fitted_weights
from zhanggui.models.repeat import learn_repeats
from zhanggui.training.choosing import Judge, choose_asked, choose_learnt, settings_of
from zhanggui.training.members import members
from zhanggui.training.windows import occurring, validation

Categories = Mapping[ItemId, tuple[str, ...]]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done, steps in all."""

Step = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """A bundle, and what is to be told of it: facts for the manifest, all of plain text and numbers."""

    bundle: Bundle
    facts: Mapping[str, object]

    def save(self, folder: Path) -> None:
        """Fill the folder of a Release."""
        self.bundle.save(folder)


def train(
    log: Interactions,
    categories: Categories,
    *,
    seed: int = 0,
    until: Millis | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Fit all models on what lies before `until`; the blend's weights on the last weeks of it, hidden meanwhile.

    The models are fitted twice: on what comes before the validation window, to choose settings and fit the weights,
    then on everything. A log with nothing to hide leaves the weights equal.
    """
    told = progress or (lambda _what, _done, _all: None)
    known = log if until is None else log.where(log.time < until)
    question = validation(occurring(known))
    blend = Blend(members(categories))
    steps = len(blend.members) * (1 if question is None else 2) + (0 if question is None else 2)
    if question is not None:
        blend = tuned(blend, question, categories, seed=seed, told=lambda what, done: told(what, done, steps))
    blend = _fitted(blend, known, lambda what, done: told(what, steps - len(blend.members) + done, steps))
    return Trained(Bundle(blend, learn_repeats(known, categories)), _facts(blend, known, question))


def tuned(
    blend: Blend,
    question: Split,
    categories: Categories,
    *,
    seed: int = 0,
    k: int = 20,
    users: int = 300,
    told: Step = lambda _what, _done: None,
) -> Blend:
    """Fit the members on the question's training part; choose their settings, then the weights for both kinds of page.

    Settings are chosen on at most `users` users. Pages on which seen items may return follow the repeat policy learnt
    from the same log as the models.
    """
    policy = learn_repeats(question.train, categories).over(question.train.items, categories)
    judge = Judge.of(question, policy, k=k, users=users, seed=seed)
    told("settings", 0)
    choose_learnt(blend.members, question, judge)
    fitted = _fitted(blend, question.train, lambda what, done: told(what, done + 1))
    told("weights", len(blend.members) + 1)
    choose_asked(fitted.members, judge)
    weights = fitted_weights(fitted, question, seen=policy, k=k, seed=seed)
    found = Blend(fitted.members, weights=weights)
    found.items_ = fitted.items_
    return found


def _fitted(blend: Blend, log: Interactions, told: Step) -> Blend:
    for number, member in enumerate(blend.members):
        told(member.name, number)
        member.fit(log)
    blend.items_ = log.items
    return blend


def _facts(blend: Blend, log: Interactions, question: Split | None) -> dict[str, object]:
    notes = {member.name: note for member in blend.members if (note := getattr(member, "note", ""))}
    return {
        "events": len(log),
        "shoppers": len(log.users),
        "items": len(log.items),
        "fitted_on": question.note if question else "nothing: too little happened to hide a part of it",
        "weights": {page.value: dict(line) for page, line in blend.weights.items()},
        "settings": settings_of(blend.members),
        "notes": notes,
    }
