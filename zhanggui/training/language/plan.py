"""What a training run is told: how to learn (`Plan`), and where it runs and who watches (`Run`)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from zhanggui.core.clock import Clock, SystemClock
from zhanggui.core.errors import ConfigError
from zhanggui.training.tracking.protocol import Silent, Tracker

Told = Callable[[str, int, int], None]
"""Called with what is being done, steps done, steps in all."""


class Numbers(StrEnum):
    """The numbers that the model computes in. AUTO takes bfloat16 where the machine multiplies it natively."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to learn. A step of the optimiser reads `accumulate` batches of `batch` examples.

    `learning_rate` rises over the first `warm_up` (share of the whole) and falls to 0 in a straight line;
    `weight_decay` spares biases and norms; gradients are clipped to the norm `clip`. Training ends after `epochs`,
    after `patience` judgements in a row without a better one (0: never), or when `budget_minutes` are used up.
    Judgements come after each epoch and, above 0, every `judge_every` steps, on at most `judged` dev examples; a
    checkpoint every `checkpoint_every` steps, and at least every two minutes. `seed` decides all that is random.

    Of the bi-encoder alone: `temperature` of the softmax; `dims`, shorter vectors that shall serve too (Matryoshka);
    `negatives`, hard ones an example and step; `false_margin`, in cosine: what lies nearer than the positive by so much
    is taken for a false negative; `anchor`, weight of staying near the base on `anchors` texts; `teacher`, weight of
    a teacher's scores against the labels.

    Of the model of queries: `frozen_layers`, how many layers from the bottom stay as they are (`upper`).
    """

    batch: int = 32
    accumulate: int = 1
    epochs: int = 3
    learning_rate: float = 5e-5
    warm_up: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    patience: int = 2
    budget_minutes: float | None = None
    judge_every: int = 0
    judged: int = 500
    checkpoint_every: int = 200
    seed: int = 0
    numbers: Numbers = Numbers.AUTO
    frozen_words: bool = True
    temperature: float = 0.02
    dims: tuple[int, ...] = ()
    negatives: int = 1
    false_margin: float = 0.1
    anchor: float = 0.5
    anchors: int = 512
    teacher: float = 0.5
    frozen_layers: int = 0

    def __post_init__(self) -> None:
        for name in ("batch", "accumulate", "epochs", "checkpoint_every", "judged"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1. Got {getattr(self, name)}.")
        for name in ("learning_rate", "clip", "temperature"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} must be above 0. Got {getattr(self, name)}.")
        for name in ("warm_up", "teacher"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} must lie in 0..1. Got {getattr(self, name)}.")
        if self.budget_minutes is not None and not self.budget_minutes > 0:
            raise ConfigError(f"budget_minutes must be above 0, or None for no limit. Got {self.budget_minutes}.")


def untold(what: str, done: int, steps: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run keeps its checkpoints, who watches, and whose time counts. The same folder again: it goes on."""

    folder: Path
    tracker: Tracker = field(default_factory=Silent)
    told: Told = untold
    clock: Clock = field(default_factory=SystemClock)
