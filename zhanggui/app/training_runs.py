"""Where a fine-tuning run lives while it goes on, and what of it goes into the Release."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from zhanggui.app.settings import Settings
from zhanggui.core.errors import ConfigError

RUNS = "runs"
"""The folder of a Release that holds the reports of what was fine-tuned."""

_KEPT = ("report.html", "metrics.jsonl")


def needs_torch() -> None:
    """Raise ConfigError where torch is not installed."""
    if find_spec("torch") is None:
        raise ConfigError("Fine-tuning needs torch, which is not installed. Run: pip install 'zhanggui[train]'")


def work_folder(settings: Settings, part: str) -> Path:
    """Return the folder in which a part is trained: its checkpoints, and what is told of the run."""
    return settings.home / "training" / part


def keep_report(work: Path, folder: Path, name: str) -> None:
    """Copy the report of a run, and the figures that it is made of, into the folder of a Release."""
    place = folder / RUNS / name
    place.mkdir(parents=True, exist_ok=True)
    for file in _KEPT:
        shutil.copy2(work / file, place / file)


def forget_run(settings: Settings, part: str) -> None:
    """Delete the checkpoints of a run whose Release is in place."""
    shutil.rmtree(work_folder(settings, part), ignore_errors=True)
