"""Layer 5: how a run goes, kept and shown. Needs no torch.

`open_tracker` keeps everything in the run's folder, from which `write_report` makes a page, and tells TensorBoard,
Weights & Biases or MLflow the same, through adapters that import their package when they are chosen.
"""

from zhanggui.training.tracking.kept import Kept, read_run
from zhanggui.training.tracking.opening import open_tracker
from zhanggui.training.tracking.pictures import picture_encoder
from zhanggui.training.tracking.protocol import Several, Silent, Tracker
from zhanggui.training.tracking.recorder import Recorder
from zhanggui.training.tracking.report import write_report

__all__ = [
    "Kept",
    "Recorder",
    "Several",
    "Silent",
    "Tracker",
    "open_tracker",
    "picture_encoder",
    "read_run",
    "write_report",
]
