"""Collaborative filtering, from a log to what a Release serves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.interactions import Interactions, Split
from zhanggui.evaluation.novelty import new_only
from zhanggui.evaluation.seen import AllSeen
from zhanggui.models.blend import Blend, Page
from zhanggui.models.bundle import Bundle
from zhanggui.models.fitting import fitted_weights
from zhanggui.models.repeat import learn_repeats
from zhanggui.training.windows import validation

Categories = Mapping[ItemId, tuple[str, ...]]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done, steps in all."""


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

    The models are fitted twice: on what comes before the validation window, to fit the weights, then on everything.
    A log with nothing to hide leaves the weights equal.
    """
    told = progress or (lambda _what, _done, _all: None)
    known = log if until is None else log.where(log.time < until)
    question = validation(known)
    blend = Blend()
    steps = len(blend.members) * (1 if question is None else 2) + 1
    if question is not None:
        blend = tuned(_fitted(blend, question.train, told, 0, steps), question, categories, seed=seed)
    told("weights", steps - len(blend.members), steps)
    blend = _fitted(Blend(weights=blend.weights), known, told, steps - len(blend.members), steps)
    repeats = learn_repeats(known, categories)
    return Trained(Bundle(blend, repeats), _facts(blend, known, question))


def tuned(blend: Blend, question: Split, categories: Categories, *, seed: int = 0, k: int = 20) -> Blend:
    """Return the fitted blend with weights for both kinds of page, fitted on a question.

    Pages on which seen items may return follow the repeat policy learnt from the same log as the models.
    """
    policy = learn_repeats(question.train, categories).over(question.train.items, categories)
    weights = {
        Page.ALL: fitted_weights(blend, question, seen=policy, k=k, seed=seed),
        Page.NEW: fitted_weights(blend, new_only(question), seen=AllSeen(), k=k, seed=seed),
    }
    found = Blend(blend.members, weights=weights)
    found.items_ = blend.items_
    return found


def _fitted(blend: Blend, log: Interactions, told: Progress, done: int, steps: int) -> Blend:
    for number, member in enumerate(blend.members):
        told(member.name, done + number, steps)
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
        "notes": notes,
    }
