"""The seam between training and whoever watches it: what may be told, and trackers that tell nobody or several.

Names are `part/figure`: `train/loss` and `dev/loss` are drawn into one picture. Steps count optimiser steps from 1.
A step told twice counts once, the later word wins: a run that was killed tells again what its last checkpoint forgot.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Truths = NDArray[np.bool_] | NDArray[np.integer]
"""True or false, or 1 and 0."""

Figures = NDArray[np.floating]

Setting = str | int | float | bool | None
"""What a setting may be; anything richer is told as text."""


class Tracker(Protocol):
    """Be told how a run goes. No method raises because of the figures: a loss that is not a number may be told."""

    def settings(self, values: Mapping[str, Setting]) -> None:
        """Take what the run was given; may be told more than once, later words win."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Take figures as of a step, by name."""

    def curve(self, name: str, labels: Truths, scores: Figures, step: int) -> None:
        """Take what a precision-recall curve is drawn from: labels (n,), scores (n,) that rise with likelihood."""

    def histogram(self, name: str, values: Figures, step: int) -> None:
        """Take the values (any shape) that a histogram is drawn from."""

    def embedding(self, name: str, vectors: Figures, labels: Sequence[str]) -> None:
        """Take vectors (n, d) and what each stands for (n): a picture of what lies near what."""

    def close(self) -> None:
        """Bring everything to where it is kept. Nothing is told afterwards; a second call does nothing."""


class Silent:
    """Tell nobody."""

    def settings(self, values: Mapping[str, Setting]) -> None: ...

    def scalars(self, step: int, values: Mapping[str, float]) -> None: ...

    def curve(self, name: str, labels: Truths, scores: Figures, step: int) -> None: ...

    def histogram(self, name: str, values: Figures, step: int) -> None: ...

    def embedding(self, name: str, vectors: Figures, labels: Sequence[str]) -> None: ...

    def close(self) -> None: ...


class Several:
    """Tell each of several trackers, in order."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = tuple(trackers)

    def settings(self, values: Mapping[str, Setting]) -> None:
        for tracker in self._trackers:
            tracker.settings(values)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        for tracker in self._trackers:
            tracker.scalars(step, values)

    def curve(self, name: str, labels: Truths, scores: Figures, step: int) -> None:
        for tracker in self._trackers:
            tracker.curve(name, labels, scores, step)

    def histogram(self, name: str, values: Figures, step: int) -> None:
        for tracker in self._trackers:
            tracker.histogram(name, values, step)

    def embedding(self, name: str, vectors: Figures, labels: Sequence[str]) -> None:
        for tracker in self._trackers:
            tracker.embedding(name, vectors, labels)

    def close(self) -> None:
        """Close each, also when one before it fails; the first failure is raised."""
        with ExitStack() as stack:
            for tracker in reversed(self._trackers):
                stack.callback(tracker.close)
