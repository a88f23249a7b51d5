"""Which trackers a run tells: its own Recorder always, TensorBoard where it is installed, others by name."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from zhanggui.core.clock import Clock
from zhanggui.core.errors import ConfigError, UnknownNameError
from zhanggui.training.tracking.protocol import Several, Tracker
from zhanggui.training.tracking.recorder import Recorder

TENSORBOARD, WANDB, MLFLOW = "tensorboard", "wandb", "mlflow"
Make = Callable[[Path, Clock], Tracker]


def open_tracker(folder: Path, *, clock: Clock, also: Sequence[str] | None = None) -> Several:
    """Return a tracker that keeps a run in `folder` and tells those in `also`; None means TensorBoard, if it is here.

    Each writes into its own folder inside. Raises UnknownNameError, or ConfigError where a package is not installed.
    """
    names = (TENSORBOARD,) * (find_spec(TENSORBOARD) is not None) if also is None else tuple(dict.fromkeys(also))
    for name in names:
        _check(name)
    return Several([Recorder(folder, clock=clock), *(_MAKERS[name](folder / name, clock) for name in names)])


def _check(name: str) -> None:
    if name not in _MAKERS:
        raise UnknownNameError("tracker", name, _MAKERS)
    if find_spec(name) is None:
        extra = "tracking" if name == TENSORBOARD else name
        raise ConfigError(f"The tracker {name!r} is not installed. Cure: pip install 'zhanggui[{extra}]'")


def _tensorboard(folder: Path, clock: Clock) -> Tracker:
    from zhanggui.training.tracking.tensorboard import TensorBoard

    return TensorBoard(folder, clock=clock)


def _wandb(folder: Path, clock: Clock) -> Tracker:
    from zhanggui.training.tracking.weights_and_biases import WeightsAndBiases

    return WeightsAndBiases(folder)


def _mlflow(folder: Path, clock: Clock) -> Tracker:
    from zhanggui.training.tracking.mlflow import Mlflow

    return Mlflow(folder, clock=clock)


_MAKERS: Mapping[str, Make] = {TENSORBOARD: _tensorboard, WANDB: _wandb, MLFLOW: _mlflow}
