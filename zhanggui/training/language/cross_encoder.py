"""The cross-encoder: query (or history text) and item text read together, clicked or not; labels or a teacher's scores.

A head over BERT as Nogueira and Cho (2019) train it; graded labels are probabilities (binary cross-entropy).
"""

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
import torch
from torch.nn import functional

from zhanggui.core.errors import InputError
from zhanggui.core.interactions import Floats, Longs
from zhanggui.data.examples.graded import Graded
from zhanggui.training.language.base import Base
from zhanggui.training.language.batches import bucketed
from zhanggui.training.language.bi_encoder import freeze
from zhanggui.training.language.cross_base import CrossBase, logits, on, read_pairs, score_pairs, with_head
from zhanggui.training.language.loop import Outcome, fit
from zhanggui.training.language.machine import device
from zhanggui.training.language.plan import Plan, Run


class Aim(StrEnum):
    """What labels are: probabilities of a click, or logits of a teacher to come near to."""

    CLICK = "click"
    TEACHER = "teacher"


def train_cross_encoder(
    base: Base | CrossBase,
    train: Sequence[Graded],
    dev: Sequence[Graded],
    test: Sequence[Graded] = (),
    *,
    plan: Plan,
    run: Run,
    aim: Aim = Aim.CLICK,
) -> CrossBase:
    """Return a fine-tuned copy; a `Base` is given a fresh head. `test`, if any, is judged once, at the end.

    The tracker is told loss and accuracy of train and dev after each epoch, and of test. With a teacher accuracy means
    agreement on which side of 0 the logit lies. Raises InputError without examples or for labels beyond 0..1 (CLICK).
    """
    _checked(train, dev, test, aim)
    start = with_head(base, seed=plan.seed) if isinstance(base, Base) else base
    cross = on(replace(start, model=copy.deepcopy(start.model)), device())
    freeze(cross.model, words=plan.frozen_words)
    job = _CrossJob(cross, train, _sample(dev, plan), plan=plan, aim=aim)
    fitted = fit(job, plan=plan, run=run)
    if test:
        _told(judged(cross, test, aim), test, cross, run, fitted.steps, aim)
    cross.model.requires_grad_(True)
    return on(cross, torch.device("cpu"))


def judged(cross: CrossBase, examples: Sequence[Graded], aim: Aim = Aim.CLICK) -> dict[str, float]:
    """Return `loss`, `accuracy` and `score` (minus the loss) of examples."""
    pairs = read_pairs(cross, [one.left for one in examples], [one.right for one in examples])
    return _figures(score_pairs(cross, pairs), np.array([one.label for one in examples], np.float32), aim)


class _CrossJob:
    name = "ranker"

    def __init__(
        self, cross: CrossBase, train: Sequence[Graded], dev: Sequence[Graded], *, plan: Plan, aim: Aim
    ) -> None:
        self.cross, self.model, self.train, self.dev, self.plan, self.aim = cross, cross.model, train, dev, plan, aim
        self.pairs = read_pairs(cross, [one.left for one in train], [one.right for one in train])
        self.dev_pairs = read_pairs(cross, [one.left for one in dev], [one.right for one in dev])
        self.labels = np.array([one.label for one in train], np.float32)
        self.dev_labels = np.array([one.label for one in dev], np.float32)

    def fingerprint(self) -> str:
        digest = hashlib.blake2b(f"{self.cross.name} {self.aim}".encode())
        for part in (self.train, self.dev):
            for one in part:
                digest.update(repr(one).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def batches(self, epoch: int) -> Sequence[Longs]:
        lengths = [len(pair.ids) for pair in self.pairs]
        return bucketed(lengths, batch=self.plan.batch, seed=self.plan.seed, epoch=epoch)

    def outcome(self, rows: Longs, *, step: int) -> Outcome:
        found = logits(self.cross, [self.pairs[row] for row in rows])
        wanted = torch.from_numpy(self.labels[rows]).to(found.device)
        right = _sides(found.detach().cpu().numpy(), self.labels[rows], self.aim)
        return Outcome(_loss(found, wanted, self.aim), float(right.sum()), len(rows))

    def judge(self) -> Mapping[str, float]:
        return _figures(score_pairs(self.cross, self.dev_pairs), self.dev_labels, self.aim)


def _loss(found: torch.Tensor, wanted: torch.Tensor, aim: Aim) -> torch.Tensor:
    if aim is Aim.TEACHER:
        return functional.mse_loss(found, wanted)
    return functional.binary_cross_entropy_with_logits(found, wanted)


def _figures(found: Floats, wanted: Floats, aim: Aim) -> dict[str, float]:
    loss = float(_loss(torch.from_numpy(found), torch.from_numpy(wanted), aim))
    return {"score": -loss, "loss": loss, "accuracy": float(_sides(found, wanted, aim).mean())}


def _sides(found: Floats, wanted: Floats, aim: Aim) -> Floats:
    """Return 1 where logit and label speak for the same side."""
    middle = 0.0 if aim is Aim.TEACHER else 0.5
    return ((found > 0) == (wanted > middle)).astype(np.float32)


def _told(
    figures: Mapping[str, float], test: Sequence[Graded], cross: CrossBase, run: Run, steps: int, aim: Aim
) -> None:
    run.tracker.scalars(steps, {f"test/{name}": value for name, value in figures.items()})
    if aim is Aim.CLICK:
        pairs = read_pairs(cross, [one.left for one in test], [one.right for one in test])
        run.tracker.curve("test", np.array([one.label > 0.5 for one in test]), score_pairs(cross, pairs), steps)


def _sample(dev: Sequence[Graded], plan: Plan) -> list[Graded]:
    rows = np.sort(np.random.default_rng(plan.seed).permutation(len(dev))[: plan.judged])
    return [dev[row] for row in rows]


def _checked(train: Sequence[Graded], dev: Sequence[Graded], test: Sequence[Graded], aim: Aim) -> None:
    if not train or not dev:
        raise InputError(f"Training needs examples to learn from and to judge by. Got {len(train)} and {len(dev)}.")
    for one in (*train, *dev, *test):
        if aim is Aim.CLICK and not 0 <= one.label <= 1:
            raise InputError(
                f"A label of a click lies in 0..1. Got {one.label} for {one.left!r}: divide grades by the top."
            )
