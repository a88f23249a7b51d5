"""A model that reads queries alone, taught by the shop's own search, against the vectors of all items as they are.

Words and meaning together rank better than meaning alone, and they say how sure they are: their shares of the items are
what the model learns to give, with a known answer of a query (a click, the title that it is a part of) on top. Items do
not move, so a step reads queries only, a few words each, and sees tens of thousands of items as negatives; nothing of
the catalogue is encoded anew. That it stays near the base's vectors keeps both languages.

Teacher and student over lists: Hofstätter et al. (SIGIR 2021); fixed passages, adapted queries: Zhan et al. (ADORE,
SIGIR 2021, section 4.2), who take all passages as negatives, too.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional

from zhanggui.core.errors import ConfigError, InputError
from zhanggui.core.interactions import Floats, Longs
from zhanggui.data.examples.listed import Listed
from zhanggui.training.language.base import Base
from zhanggui.training.language.batches import Ids, bucketed, token_ids
from zhanggui.training.language.bi_encoder import freeze
from zhanggui.training.language.distil import with_fewer_layers
from zhanggui.training.language.loop import Outcome, fit
from zhanggui.training.language.losses import apart
from zhanggui.training.language.machine import device, exact
from zhanggui.training.language.plan import Plan, Run, Told
from zhanggui.training.language.upper import States, pooled_above, states_below
from zhanggui.training.language.vectors import encode_ids, pooled

SEEN = 20_000
"""Items that a step compares with at most, beside those of its lists."""

_AT_ONCE = 64


def train_query_encoder(
    base: Base,
    lists: tuple[Sequence[Listed], Sequence[Listed]],
    items: Floats,
    *,
    layers: int,
    plan: Plan,
    run: Run,
) -> Base:
    """Return a model of so many layers for queries whose vectors rank `items` (n, dim) as the lists say.

    `lists` are those to learn from and those to judge by. `plan.temperature` is that of the softmax over cosines,
    `plan.anchor` the weight of staying near the base's vectors of their texts. With `plan.frozen_layers` those from the
    bottom stay as they are, and are run once for each text. `base` stays as it was. Raises InputError without lists.
    """
    train, dev = lists
    if not train or not dev:
        raise InputError(f"A model of queries needs lists to learn from and to judge by. Got {len(train)}, {len(dev)}.")
    below = plan.frozen_layers
    if below and not below < layers == base.model.config.num_hidden_layers:
        raise ConfigError(f"{below} layers can only stay of a model that keeps all. Got {layers} of {base.name}'s.")
    lessons = (
        _lesson(base, train, below=below, told=run.told),
        _lesson(base, dev[: plan.judged], below=below, told=run.told),
    )
    job = _QueryJob(base, layers, lessons, items, plan=plan)
    fit(job, plan=plan, run=run)
    job.model.to("cpu").requires_grad_(True)
    return replace(base, model=job.model, name=f"{base.name}-{layers}")


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Lists, what the model reads of them, and the base's vectors of them (n, dim), where `known`.

    `states` are what the layers that stay as they are, `below`, say of them; without such layers none.
    """

    lists: Sequence[Listed]
    ids: Ids
    wanted: torch.Tensor
    known: torch.Tensor
    states: States
    below: int

    def near(self, base: Base, rows: Longs) -> torch.Tensor:
        """Return the base's vectors of rows (b, dim); those that nobody knows yet are made and kept."""
        these = torch.from_numpy(rows)
        lacking = these[~self.known[these]]
        if len(lacking):
            made = self._made(base, lacking.tolist())
            self.wanted[lacking] = made.to(self.wanted.device)
            self.known[lacking] = True
        return self.wanted[these]

    def _made(self, base: Base, rows: Sequence[int]) -> torch.Tensor:
        model = base.model.to(device()).eval()
        if not self.states:
            return encode_ids(model, [self.ids[row] for row in rows], base.recipe)
        with torch.inference_mode():
            parts = [rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE)]
            given = [[self.states[row] for row in part] for part in parts]
            return torch.cat([pooled_above(model, one, base.recipe, layers=self.below) for one in given])


class _QueryJob:
    name = "encoder"

    def __init__(
        self,
        base: Base,
        layers: int,
        lessons: tuple["_Lesson", "_Lesson"],
        items: Floats,
        *,
        plan: Plan,
    ) -> None:
        self.base, (self.lesson, self.dev) = base, lessons
        self.model, self.recipe, self.plan = with_fewer_layers(base.model, layers).to(device()), base.recipe, plan
        freeze(self.model, words=plan.frozen_words, layers=plan.frozen_layers)
        self.items = torch.from_numpy(np.ascontiguousarray(items, np.float32)).to(device())
        told = base.name, list(self.lesson.lists), list(self.dev.lists)
        self.told = hashlib.blake2b(repr(told).encode("utf-8", "surrogatepass"))
        self.told.update(np.ascontiguousarray(items[:: max(1, len(items) // 1000)]).tobytes())

    def fingerprint(self) -> str:
        return self.told.hexdigest()

    def batches(self, epoch: int) -> Sequence[Longs]:
        lengths = [len(row) for row in self.lesson.ids]
        return bucketed(lengths, batch=self.plan.batch, seed=self.plan.seed, epoch=epoch)

    def outcome(self, rows: Longs, *, step: int) -> Outcome:
        vectors = self._read(self.lesson, rows)
        drawn = np.random.default_rng([self.plan.seed, step]).permutation(len(self.items))[:SEEN]
        lists = [self.lesson.lists[row] for row in rows]
        with exact(vectors.device):
            losses, right = self._against(vectors, lists, drawn)
            near = apart(vectors, self.lesson.near(self.base, rows))
        return Outcome(losses.mean() + self.plan.anchor * near.mean(), right, len(rows))

    def judge(self) -> Mapping[str, float]:
        every = np.arange(len(self.dev.ids))
        vectors = torch.cat([self._read(self.dev, rows) for rows in np.array_split(every, -(-len(every) // _AT_ONCE))])
        drawn = np.random.default_rng(self.plan.seed).permutation(len(self.items))[:SEEN]
        losses, right = self._against(vectors, self.dev.lists, drawn)
        near = float(apart(vectors, self.dev.near(self.base, every)).mean())
        loss = float(losses.mean())
        return {
            "score": -loss - self.plan.anchor * near,
            "loss": loss,
            "accuracy": right / max(1, sum(bool(one.rows) for one in self.dev.lists)),
            "kept": 1 - near,
        }

    def _read(self, lesson: "_Lesson", rows: Longs) -> torch.Tensor:
        below = self.plan.frozen_layers
        if below:
            return pooled_above(self.model, [lesson.states[row] for row in rows], self.recipe, layers=below)
        return pooled(self.model, [lesson.ids[row] for row in rows], self.recipe, device=self.items.device)

    def _against(self, vectors: torch.Tensor, lists: Sequence[Listed], drawn: Longs) -> tuple[torch.Tensor, float]:
        """Return the cross-entropy (B,) of lists over their items and those drawn, and how often the first is first.

        A list without items costs nothing: what its text teaches is to stay near the base.
        """
        columns = np.unique(np.concatenate([drawn, *(np.array(one.rows, np.int64) for one in lists)]))
        wanted = torch.zeros(len(lists), len(columns))
        for at, one in enumerate(lists):
            wanted[at, torch.from_numpy(np.searchsorted(columns, np.array(one.rows, np.int64)))] = torch.tensor(
                one.shares
            )
        wanted = wanted.to(vectors.device)
        cosines = vectors @ self.items[torch.from_numpy(columns)].T
        losses = -(wanted * functional.log_softmax(cosines / self.plan.temperature, dim=-1)).sum(dim=-1)
        listed = wanted.sum(dim=-1) > 0
        return losses, float((listed & (cosines.argmax(dim=-1) == wanted.argmax(dim=-1))).sum())


def _lesson(base: Base, lists: Sequence[Listed], *, below: int, told: Told) -> _Lesson:
    recipe = base.recipe
    ids = token_ids(
        base.tokenizer, [one.text for one in lists], prefix=recipe.query_prefix, max_length=recipe.max_length
    )
    size = len(ids), int(base.model.config.hidden_size)
    states: States = []
    if below:
        model = base.model.to(device()).eval()
        states = states_below(model, ids, recipe, layers=below, told=lambda done: told("reading", done, len(ids)))
    return _Lesson(
        lists, ids, torch.zeros(size, device=device()), torch.zeros(len(ids), dtype=torch.bool), states, below
    )
