"""The bi-encoder: queries and passages apart, near where they belong together; it keeps what it knew before."""

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from zhanggui.core.errors import ConfigError, InputError
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Longs
from zhanggui.data.examples.pair import Pair
from zhanggui.training.language.base import Base
from zhanggui.training.language.batches import Ids, bucketed, token_ids
from zhanggui.training.language.judging import mrr
from zhanggui.training.language.loop import Outcome, fit
from zhanggui.training.language.losses import apart, contrastive, negatives, taught_order
from zhanggui.training.language.machine import device, exact
from zhanggui.training.language.plan import Plan, Run
from zhanggui.training.language.vectors import encode_ids, pooled

_ANCHORS_A_STEP = 8


@dataclass(frozen=True, slots=True)
class Hard:
    """Passages that look like an answer to a pair's left text and are none, best first.

    `scores`, where a teacher gave them: that of the pair's own passage, then those of `texts` (logits).
    """

    items: tuple[ItemId, ...] = ()
    texts: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.items) != len(self.texts) or (self.scores and len(self.scores) != len(self.texts) + 1):
            raise InputError(
                f"Hard negatives need as many items as texts, and one score more. Got {len(self.items)} items, "
                f"{len(self.texts)} texts, {len(self.scores)} scores."
            )


def train_bi_encoder(
    base: Base,
    train: Sequence[Pair],
    dev: Sequence[Pair],
    *,
    plan: Plan,
    run: Run,
    hard: Sequence[Hard] = (),
    anchors: Sequence[str] = (),
) -> Base:
    """Return a fine-tuned copy; `base` stays as it was.

    `hard[i]` belongs to `train[i]`. `anchors` are texts (as a query encoder reads them) whose vectors shall stay near
    the base's; without any, a sample of the left texts of `train`. Raises InputError without pairs.
    """
    if not train or not dev:
        raise InputError(f"Training needs pairs to learn from and to judge by. Got {len(train)} and {len(dev)}.")
    if hard and len(hard) != len(train):
        raise InputError(f"hard must go with train, one for one. Got {len(hard)} for {len(train)} pairs.")
    if wrong := [width for width in plan.dims if not 0 < width <= base.model.config.hidden_size]:
        raise ConfigError(f"dims must lie in 1..{base.model.config.hidden_size}. Got {wrong}.")
    model = copy.deepcopy(base.model).to(device())
    freeze(model, words=plan.frozen_words)
    trained = replace(base, model=model)
    fit(_BiJob(trained, train, _sample(dev, plan), plan=plan, hard=hard, anchors=anchors), plan=plan, run=run)
    trained.model.to("cpu").requires_grad_(True)
    return trained


def freeze(model: nn.Module, *, words: bool, layers: int = 0) -> None:
    """Let everything learn, but the table of words where `words` says so: most weights, which languages share.

    With `layers` nothing below so many layers learns, and so nothing of what they say changes.
    """
    model.requires_grad_(layers == 0)
    if layers:
        model.base_model.encoder.layer[layers:].requires_grad_(True)
    elif words:
        model.get_input_embeddings().weight.requires_grad_(False)


class _BiJob:
    name = "encoder"

    def __init__(
        self,
        base: Base,
        train: Sequence[Pair],
        dev: Sequence[Pair],
        *,
        plan: Plan,
        hard: Sequence[Hard],
        anchors: Sequence[str],
    ) -> None:
        self.model, self.recipe, self.plan = base.model, base.recipe, plan
        self.base, self.train, self.dev, self.hard = base, train, dev, hard
        self.lefts, self.rights = self._ids([p.left for p in train]), self._ids([p.right for p in train], left=False)
        self.dev_lefts = self._ids([p.left for p in dev])
        self.dev_rights = self._ids([p.right for p in dev], left=False)
        self.known: dict[str, list[int]] = {}
        self.kept, self.kept_ids, self.kept_vectors = self._anchored(anchors)

    def fingerprint(self) -> str:
        digest = hashlib.blake2b(self.base.name.encode())
        for part in (self.train, self.dev, self.hard, self.kept):
            for one in part:
                digest.update(repr(one).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def batches(self, epoch: int) -> Sequence[Longs]:
        lengths = [max(len(a), len(b)) for a, b in zip(self.lefts, self.rights, strict=True)]
        return bucketed(lengths, batch=self.plan.batch, seed=self.plan.seed, epoch=epoch)

    def outcome(self, rows: Longs, *, step: int) -> Outcome:
        pairs = [self.train[row] for row in rows]
        extra = self._negatives(rows, step)
        items = [pair.item for pair in pairs] + [self.hard[row].items[at] for row, at in extra]
        texts = [pair.right for pair in pairs] + [self.hard[row].texts[at] for row, at in extra]
        left = self._pooled([self.lefts[row] for row in rows])
        right = self._pooled([self.rights[row] for row in rows] + self._ids_of(texts[len(rows) :]))
        allowed = torch.from_numpy(negatives([pair.left for pair in pairs], items, texts)).to(left.device)
        with exact(left.device):
            loss, near = contrastive(
                left,
                right,
                allowed,
                temperature=self.plan.temperature,
                false_margin=self.plan.false_margin,
                dims=self.plan.dims,
            )
        weights = torch.tensor([pair.weight for pair in pairs], device=left.device)
        total = (loss * weights).sum() / weights.sum()
        with exact(left.device):
            total = total + self._taught(rows, extra, left, right)
        total = total + self._near_base(step)
        return Outcome(total, float(near.sum()), len(rows))

    def judge(self) -> Mapping[str, float]:
        lefts = encode_ids(self.model, self.dev_lefts, self.recipe)
        rights = encode_ids(self.model, self.dev_rights, self.recipe)
        cosines = (lefts @ rights.T).cpu().numpy()
        good, first = mrr(cosines, [pair.left for pair in self.dev], [pair.right for pair in self.dev])
        allowed = torch.from_numpy(
            negatives(*([getattr(pair, name) for pair in self.dev] for name in ("left", "item", "right")))
        ).to(lefts.device)
        loss, _ = contrastive(lefts, rights, allowed, temperature=self.plan.temperature)
        found = {"score": good, "mrr": good, "accuracy": first, "loss": float(loss.mean())}
        if self.kept_ids:
            vectors = encode_ids(self.model, self.kept_ids, self.recipe)
            found["kept"] = 1 - float(apart(vectors, self.kept_vectors).mean())
        return found

    def _negatives(self, rows: Longs, step: int) -> list[tuple[int, int]]:
        """Return (row, which of its hard negatives) for a batch; each step draws others."""
        rng = np.random.default_rng([self.plan.seed, step, int(rows[0])])
        drawn: list[tuple[int, int]] = []
        for row in rows.tolist() if self.hard else []:
            count = len(self.hard[row].texts)
            drawn += [(row, int(at)) for at in rng.permutation(count)[: self.plan.negatives]]
        return drawn

    def _taught(
        self, rows: Longs, extra: Sequence[tuple[int, int]], left: torch.Tensor, right: torch.Tensor
    ) -> torch.Tensor:
        """Return how far the order of own passage and hard negatives is from the teacher's."""
        losses = []
        for at, row in enumerate(rows.tolist()):
            mine = [(len(rows) + place, which) for place, (owner, which) in enumerate(extra) if owner == row]
            if mine and self.hard[row].scores:
                columns = torch.tensor([at] + [column for column, _ in mine], device=left.device)
                scores = left[at] @ right[columns].T / self.plan.temperature
                told = self.hard[row].scores
                wanted = torch.tensor([told[0]] + [told[which + 1] for _, which in mine], device=left.device)
                losses.append(taught_order(scores[None], wanted[None]))
        return self.plan.teacher * torch.cat(losses).mean() if losses else torch.zeros((), device=left.device)

    def _near_base(self, step: int) -> torch.Tensor:
        rows = np.random.default_rng([self.plan.seed, step]).permutation(len(self.kept_ids))[:_ANCHORS_A_STEP]
        if not len(rows):
            return torch.zeros((), device=self.kept_vectors.device)
        vectors = self._pooled([self.kept_ids[row] for row in rows])
        return self.plan.anchor * apart(vectors, self.kept_vectors[torch.from_numpy(rows)]).mean()

    def _anchored(self, anchors: Sequence[str]) -> tuple[list[str], Ids, torch.Tensor]:
        texts = list(dict.fromkeys(anchors or [pair.left for pair in self.train])) if self.plan.anchor else []
        order = np.random.default_rng(self.plan.seed).permutation(len(texts))[: self.plan.anchors]
        texts = [texts[at] for at in order]
        ids = self._ids(texts)
        self.model.eval()
        return texts, ids, encode_ids(self.model, ids, self.recipe) if ids else torch.zeros(0)

    def _pooled(self, ids: Ids) -> torch.Tensor:
        return pooled(self.model, ids, self.recipe, device=next(self.model.parameters()).device)

    def _ids_of(self, passages: Sequence[str]) -> Ids:
        """Return ids of hard negatives, each read once in the whole run."""
        if fresh := [text for text in dict.fromkeys(passages) if text not in self.known]:
            self.known |= dict(zip(fresh, self._ids(fresh, left=False), strict=True))
        return [self.known[text] for text in passages]

    def _ids(self, texts: Sequence[str], *, left: bool = True) -> Ids:
        prefix = self.recipe.query_prefix if left else self.recipe.passage_prefix
        return token_ids(self.base.tokenizer, texts, prefix=prefix, max_length=self.recipe.max_length)


def _sample(dev: Sequence[Pair], plan: Plan) -> list[Pair]:
    rows = np.sort(np.random.default_rng(plan.seed).permutation(len(dev))[: plan.judged])
    return [dev[row] for row in rows]
