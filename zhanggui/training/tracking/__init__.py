"""Layer 5: how a run goes, kept and shown. Needs no torch.

`Recorder` keeps everything in the run's folder and feeds the report; TensorBoard, Weights & Biases and MLflow are told
the same through adapters that import their package when they are made.
"""

from zhanggui.training.tracking.protocol import Several, Silent, Tracker

__all__ = ["Several", "Silent", "Tracker"]
