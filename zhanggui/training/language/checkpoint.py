"""Where a run stands, on disk: whole or not at all, so that a run killed at any moment goes on from the last one.

    FOLDER/saved-00000003/   progress.json  weights.safetensors  best.safetensors  optimizer.safetensors

Weights are those that learn; frozen ones come from the base again.
"""

import json
import logging
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from zhanggui.core.errors import ConfigError
from zhanggui.data.beside import beside, sweep, sync

LOG = logging.getLogger(__name__)
State = dict[str, torch.Tensor]
_NAME = "saved-"


@dataclass(slots=True)
class Progress:
    """How far a run is.

    `saved` counts checkpoints, `place` the steps of the epoch; `loss`, `right`, `count` sum over those.
    `skipped` counts steps whose gradient was no number.

    `elapsed` and `judging` are milliseconds: of the whole run until now, and of the last judgement.
    """

    saved: int = 0
    step: int = 0
    epoch: int = 0
    place: int = 0
    skipped: int = 0
    loss: float = 0.0
    right: float = 0.0
    count: float = 0.0
    best: float = float("-inf")
    best_step: int = 0
    worse: int = 0
    elapsed: int = 0
    judging: int = 0
    stopped: str = ""
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one checkpoint holds; `optimizer` is empty when the run was finished."""

    progress: Progress
    weights: State
    best: State
    optimizer: State


def save_checkpoint(folder: Path, kept: Kept, *, fingerprint: str) -> None:
    """Write a checkpoint and then delete those before it. Raises ConfigError when the disk will not take it."""
    try:
        with beside(folder) as new:
            for name, state in (("weights", kept.weights), ("best", kept.best), ("optimizer", kept.optimizer)):
                save_file({key: value.contiguous() for key, value in state.items()}, new / f"{name}.safetensors")
            told = json.dumps({"fingerprint": fingerprint, "progress": asdict(kept.progress)}, indent=1)
            (new / "progress.json").write_text(told, "utf-8")
            sync(new)
            place = folder / f"{_NAME}{kept.progress.saved:08d}"
            new.rename(place)
    except (OSError, SafetensorError) as fault:
        raise ConfigError(
            f"No checkpoint can be written in {folder}: {fault}. Make room; then run it again."
        ) from fault
    for old in _saved(folder):
        if old != place:
            shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(folder: Path, *, fingerprint: str) -> Kept | None:
    """Return the latest checkpoint of the same data and settings; what cannot be read or is of others is deleted."""
    sweep(folder)
    for place in reversed(_saved(folder)):
        kept = _read(place, fingerprint)
        if kept is not None:
            return kept
        LOG.warning("The checkpoint %s is torn, or of other data or settings: the run does not go on from it.", place)
        shutil.rmtree(place, ignore_errors=True)
    return None


def _saved(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_NAME}*"))


def _read(place: Path, fingerprint: str) -> Kept | None:
    try:
        told = json.loads((place / "progress.json").read_text("utf-8"))
        if told["fingerprint"] != fingerprint:
            return None
        states = [load_file(place / f"{name}.safetensors") for name in ("weights", "best", "optimizer")]
        return Kept(Progress(**told["progress"]), *states)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None
