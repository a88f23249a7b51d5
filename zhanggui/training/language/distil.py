"""A small student of a trained teacher: every k-th layer copied, then taught by the teacher's vectors or scores.

DistilBERT (Sanh et al. 2019) starts a student so; that vectors alone suffice as a lesson, Reimers and Gurevych (2020).
"""

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

from zhanggui.core.errors import ConfigError, InputError
from zhanggui.core.ids import Millis
from zhanggui.core.interactions import Longs
from zhanggui.data.examples.graded import Graded
from zhanggui.training.language.base import Base
from zhanggui.training.language.batches import bucketed, token_ids
from zhanggui.training.language.bi_encoder import freeze
from zhanggui.training.language.cross_base import CrossBase, score
from zhanggui.training.language.cross_encoder import Aim, train_cross_encoder
from zhanggui.training.language.loop import Outcome, fit
from zhanggui.training.language.losses import apart
from zhanggui.training.language.machine import device
from zhanggui.training.language.plan import Plan, Run, Told, untold
from zhanggui.training.language.vectors import encode_ids, pooled

_RIGHT = 0.95
"""A vector whose cosine with the teacher's is at least this counts as right."""

_AT_ONCE = 512


def kept_layers(have: int, want: int) -> list[int]:
    """Return which layers a student takes, evenly spread, the last among them.

    >>> kept_layers(12, 3), kept_layers(12, 4), kept_layers(2, 2)
    ([3, 7, 11], [2, 5, 8, 11], [0, 1])
    """
    if not 1 <= want <= have:
        raise ConfigError(f"A student of {have} layers may have 1..{have}. Got {want}.")
    return [(at + 1) * have // want - 1 for at in range(want)]


def with_fewer_layers(model: PreTrainedModel, layers: int) -> PreTrainedModel:
    """Return a copy with so many layers. Raises ConfigError for a model whose layers cannot be found."""
    student = copy.deepcopy(model)
    stack = getattr(getattr(student.base_model, "encoder", None), "layer", None)
    if not isinstance(stack, nn.ModuleList):
        raise ConfigError(f"{type(model).__name__} has no encoder.layer to thin out. Take a model of the BERT family.")
    student.base_model.encoder.layer = nn.ModuleList(stack[at] for at in kept_layers(len(stack), layers))
    student.config.num_hidden_layers = layers
    return student


def distil_encoder(
    teacher: Base, texts: Sequence[str], dev: Sequence[str], *, layers: int, plan: Plan, run: Run
) -> Base:
    """Return a student that gives queries the vectors the teacher gives them; the passages stay the teacher's.

    `texts` and `dev` are queries without prefix. The score on dev is the mean cosine with the teacher's vectors. Of the
    budget counts what the teacher takes to answer, too; at least a quarter of it is the student's.
    """
    if not texts or not dev:
        raise InputError(f"A student needs texts to learn from and to be judged by. Got {len(texts)} and {len(dev)}.")
    began = run.clock.now()
    job = _VectorJob(teacher, with_fewer_layers(teacher.model, layers), texts, dev[: plan.judged], plan=plan)
    fit(job, plan=without(plan, run, began), run=run)
    job.model.to("cpu").requires_grad_(True)
    return replace(teacher, model=job.model, name=f"{teacher.name}-{layers}")


def distil_cross_encoder(
    teacher: CrossBase,
    train: Sequence[tuple[str, str]],
    dev: Sequence[tuple[str, str]],
    *,
    layers: int,
    plan: Plan,
    run: Run,
) -> CrossBase:
    """Return a student that gives pairs of texts the teacher's logits; no labels are needed.

    Of the budget counts what the teacher takes to answer, too; at least a quarter of it is the student's.
    """
    student = replace(teacher, model=with_fewer_layers(teacher.model, layers), name=f"{teacher.name}-{layers}")
    began = run.clock.now()
    lessons = (taught(teacher, train, told=run.told), taught(teacher, dev, told=run.told))
    return train_cross_encoder(student, *lessons, plan=without(plan, run, began), run=run, aim=Aim.TEACHER)


def without(plan: Plan, run: Run, began: Millis) -> Plan:
    """Return the plan without the minutes since a moment."""
    if plan.budget_minutes is None:
        return plan
    spent = (run.clock.now() - began) / 60_000
    return replace(plan, budget_minutes=max(plan.budget_minutes - spent, plan.budget_minutes / 4))


def taught(teacher: CrossBase, pairs: Sequence[tuple[str, str]], *, told: Told = untold) -> list[Graded]:
    """Return pairs of texts with the teacher's logits as labels."""
    answers: list[Graded] = []
    for first in range(0, len(pairs), _AT_ONCE):
        told("teacher's answers", first, len(pairs))
        some = pairs[first : first + _AT_ONCE]
        scores = score(teacher, [left for left, _ in some], [right for _, right in some]).tolist()
        answers += [Graded(left, right, found) for (left, right), found in zip(some, scores, strict=True)]
    return answers


class _VectorJob:
    name = "student"

    def __init__(
        self, teacher: Base, student: PreTrainedModel, texts: Sequence[str], dev: Sequence[str], *, plan: Plan
    ) -> None:
        self.model, self.recipe, self.plan = student.to(device()), teacher.recipe, plan
        freeze(self.model, words=plan.frozen_words)
        self.told = hashlib.blake2b(repr((teacher.name, list(texts), list(dev))).encode("utf-8", "surrogatepass"))
        self.ids, self.dev_ids = (
            token_ids(teacher.tokenizer, part, prefix=self.recipe.query_prefix, max_length=self.recipe.max_length)
            for part in (texts, dev)
        )
        own = teacher.model.to(device()).eval()
        self.wanted, self.dev_wanted = (encode_ids(own, ids, self.recipe) for ids in (self.ids, self.dev_ids))

    def fingerprint(self) -> str:
        return f"{self.told.hexdigest()} {float(self.wanted.double().sum())!r}"

    def batches(self, epoch: int) -> Sequence[Longs]:
        lengths = [len(row) for row in self.ids]
        return bucketed(lengths, batch=self.plan.batch, seed=self.plan.seed, epoch=epoch)

    def outcome(self, rows: Longs, *, step: int) -> Outcome:
        vectors = pooled(self.model, [self.ids[row] for row in rows], self.recipe, device=self.wanted.device)
        gaps = apart(vectors, self.wanted[torch.from_numpy(rows)])
        return Outcome(gaps.mean(), float((gaps <= 1 - _RIGHT).sum()), len(rows))

    def judge(self) -> Mapping[str, float]:
        gaps = apart(encode_ids(self.model, self.dev_ids, self.recipe), self.dev_wanted).cpu().numpy()
        near = float(1 - gaps.mean())
        return {"score": near, "loss": 1 - near, "accuracy": float(np.mean(gaps <= 1 - _RIGHT))}
