"""The one training loop: AdamW with warm-up and decay, early stopping, a budget, checkpoints, the best weights kept.

Resuming gives the weights of an uninterrupted run, bit for bit on as many threads: each step draws its randomness
from seed and step alone, each epoch its order from seed and epoch. (With a budget the learning rate follows the clock,
and does not.)
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

import torch
from torch import nn

from zhanggui.core.interactions import Longs
from zhanggui.training.language.checkpoint import Kept, Progress, State, load_checkpoint, save_checkpoint
from zhanggui.training.language.machine import mixed
from zhanggui.training.language.optimiser import load_optimiser, make_optimiser, optimiser_state, rate
from zhanggui.training.language.plan import Plan, Run

LOG = logging.getLogger(__name__)
_TELL_EVERY = 10
_MINUTE = 60_000
_SAVED_EVERY = 2 * _MINUTE
"""A slow machine takes minutes for the steps between two checkpoints; no more than this is lost."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch came to: the `loss` to make small (mean), and how many of its `count` answers were `right`."""

    loss: torch.Tensor
    right: float
    count: int


class Job(Protocol):
    """What is trained: a module, its batches, its loss, and how good it is on what it does not learn from."""

    name: str
    model: nn.Module

    def fingerprint(self) -> str:
        """Return what identifies data and base."""
        ...

    def batches(self, epoch: int) -> Sequence[Longs]:
        """Return rows of examples, a batch each; the same number every epoch."""
        ...

    def outcome(self, rows: Longs, *, step: int) -> Outcome:
        """Compute the loss of a batch in the n-th step."""
        ...

    def judge(self) -> Mapping[str, float]:
        """Return figures on dev; `score` decides which weights are kept, higher is better."""
        ...


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a run went: judgements in order (the first before any step), and why it ended: epochs, patience, budget."""

    history: tuple[Mapping[str, float], ...]
    best_step: int
    steps: int
    stopped: str


def fit(job: Job, *, plan: Plan, run: Run) -> Fitted:
    """Train `job.model` in place and leave its best weights in it. Finished runs of the same kind return at once."""
    session = _Session(job, plan, run)
    session.train()
    progress = session.progress
    return Fitted(tuple(progress.history), progress.best_step, progress.step, progress.stopped)


class _Session:
    def __init__(self, job: Job, plan: Plan, run: Run) -> None:
        self.job, self.plan, self.run = job, plan, run
        self.optimiser = make_optimiser(job.model, plan)
        self.device = next(job.model.parameters()).device
        self.each_epoch = -(-len(job.batches(0)) // plan.accumulate)
        self.total = self.each_epoch * plan.epochs
        self.fingerprint = _fingerprint(job, plan)
        self.began = run.clock.now()
        self.progress, self.best = self._resumed()
        self.before = self.saved = self.progress.elapsed

    def train(self) -> None:
        if not self.progress.history:
            self._judge()
        while not self.progress.stopped:
            self._epoch()
        self.job.model.load_state_dict(self.best, strict=False)
        self.job.model.eval()

    def _resumed(self) -> tuple[Progress, State]:
        kept = load_checkpoint(self.run.folder, fingerprint=self.fingerprint)
        if kept is None:
            return Progress(), {}
        self.job.model.load_state_dict(kept.weights, strict=False)
        if kept.optimizer:
            load_optimiser(self.optimiser, self.job.model, kept.optimizer)
        return kept.progress, kept.best

    def _epoch(self) -> None:
        progress = self.progress
        for rows in _groups(self.job.batches(progress.epoch), self.plan.accumulate, skip=progress.place):
            self._step(rows)
            ended = progress.place == self.each_epoch
            due = self.plan.judge_every and progress.step % self.plan.judge_every == 0
            if ended or due or self._out_of_time():
                self._judge()
            if ended:
                self._next_epoch()
            if progress.stopped:
                return self._save()
            if progress.step % self.plan.checkpoint_every == 0 or self._elapsed() - self.saved >= _SAVED_EVERY:
                self._save()

    def _next_epoch(self) -> None:
        progress = self.progress
        progress.epoch, progress.place = progress.epoch + 1, 0
        progress.loss = progress.right = progress.count = 0.0
        if progress.epoch == self.plan.epochs and not progress.stopped:
            progress.stopped = "epochs"

    def _step(self, batches: Sequence[Longs]) -> None:
        progress, model = self.progress, self.job.model
        progress.step, progress.place = progress.step + 1, progress.place + 1
        torch.manual_seed((self.plan.seed << 32) + progress.step)
        model.train()
        for rows in batches:
            with mixed(self.plan.numbers, self.device):
                outcome = self.job.outcome(rows, step=progress.step)
            (outcome.loss / len(batches)).backward()
            progress.loss += float(outcome.loss.detach()) * outcome.count
            progress.right, progress.count = progress.right + outcome.right, progress.count + outcome.count
        norm = nn.utils.clip_grad_norm_(model.parameters(), self.plan.clip)
        speed = self._set_rate()
        if bool(torch.isfinite(norm)):
            self.optimiser.step()
        else:
            progress.skipped += 1
            LOG.warning("Step %d has no gradient that is a number: it changes nothing.", progress.step)
        self.optimiser.zero_grad(set_to_none=True)
        self._tell(speed, float(norm))

    def _tell(self, speed: float, norm: float) -> None:
        progress = self.progress
        self.run.told(self.job.name, progress.step, self.total)
        if progress.step % _TELL_EVERY == 0:
            self.run.tracker.scalars(progress.step, {**self._learnt(), "train/rate": speed, "train/gradient": norm})

    def _learnt(self) -> dict[str, float]:
        """Return loss and accuracy of the epoch until now."""
        count = max(self.progress.count, 1)
        return {"train/loss": self.progress.loss / count, "train/accuracy": self.progress.right / count}

    def _set_rate(self) -> float:
        done = (self.progress.step - 0.5) / self.total
        if self.plan.budget_minutes is not None:
            done = max(done, self._elapsed() / (self.plan.budget_minutes * _MINUTE))
        speed = self.plan.learning_rate * rate(min(done, 1.0), warm_up=self.plan.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = speed
        return speed

    def _judge(self) -> None:
        """Judge on dev, remember the weights when they are the best so far, and decide whether to go on."""
        progress, began = self.progress, self.run.clock.now()
        self.job.model.eval()
        with torch.inference_mode():
            found = dict(self.job.judge())
        progress.judging = self.run.clock.now() - began
        figures = (self._learnt() if progress.step else {}) | {f"dev/{name}": value for name, value in found.items()}
        progress.history.append({"step": progress.step, "epoch": progress.epoch, **figures})
        self.run.tracker.scalars(progress.step, figures)
        progress.worse = 0 if found["score"] > progress.best else progress.worse + 1
        if found["score"] >= progress.best or not self.best:  # of equals the later: it has learnt more
            progress.best, progress.best_step = found["score"], progress.step
            self.best = {name: value.detach().clone() for name, value in self._learning()}
        if self.plan.patience and progress.worse >= self.plan.patience:
            progress.stopped = "patience"
        elif progress.step and self._out_of_time():
            progress.stopped = "budget"

    def _save(self) -> None:
        self.progress.saved += 1
        self.progress.elapsed = self.saved = self._elapsed()
        state = {} if self.progress.stopped else optimiser_state(self.optimiser, self.job.model)
        kept = Kept(self.progress, dict(self._learning()), self.best, state)
        save_checkpoint(self.run.folder, kept, fingerprint=self.fingerprint)

    def _learning(self) -> Iterator[tuple[str, torch.Tensor]]:
        return ((name, value) for name, value in self.job.model.named_parameters() if value.requires_grad)

    def _elapsed(self) -> int:
        return self.before + self.run.clock.now() - self.began

    def _out_of_time(self) -> bool:
        """Tell whether another step, and the judgement after it, would end beyond the budget."""
        if self.plan.budget_minutes is None:
            return False
        spent = self._elapsed()
        step = max(0, spent - self.progress.judging) // max(1, self.progress.step)
        return spent + step + self.progress.judging >= self.plan.budget_minutes * _MINUTE


def _groups(batches: Sequence[Longs], accumulate: int, *, skip: int) -> Iterator[Sequence[Longs]]:
    for start in range(skip * accumulate, len(batches), accumulate):
        yield batches[start : start + accumulate]


def _fingerprint(job: Job, plan: Plan) -> str:
    """Return a digest of data, settings (but the budget, which may grow) and the weights to start from."""
    settings = asdict(replace(plan, budget_minutes=None))
    sums = [f"{name} {tuple(value.shape)} {float(value.double().sum())!r}" for name, value in _all(job.model)]
    told = "\n".join([job.name, job.fingerprint(), repr(settings), *sums])
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _all(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    return ((name, value.detach()) for name, value in model.named_parameters())
