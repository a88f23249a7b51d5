"""Points on a plane with their names, as many as there is room for."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from zhanggui.training.tracking.report.axes import FOOT, LARGE, canvas

DRAWN = 1_000
"""Most dots of one picture: of more, evenly chosen ones are drawn."""

NAMED = 80
"""Most names; every dot tells its name to the pointer."""

_LINE, _SIGN, _EDGE, _RADIUS = 14, 6.4, 14, 3.5
"""Height of a name, width of a Latin letter, empty margin, size of a dot: units of the picture."""


def dots(title: str, points: NDArray[np.float64], names: Sequence[str], *, below: str) -> str:
    """Draw points (n, 2), both axes to one scale, so that what looks near is near."""
    rows = np.unique(np.linspace(0, len(points) - 1, min(DRAWN, len(points))).round().astype(int))
    places, shown = _placed(points)[rows], [names[row] for row in rows.tolist()]
    circles = (
        f'<circle class="f0" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}"><title>{escape(name)}</title></circle>'
        for (x, y), name in zip(places.tolist(), shown, strict=True)
    )
    return canvas(title, "".join(circles) + "".join(_names(places, shown)), size=LARGE, below=below)


def _placed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([LARGE[0] - 2 * _EDGE, LARGE[1] - FOOT - 2 * _EDGE])
    scale = float(np.min(room / np.maximum(high - low, 1e-9)))
    centred = (points - (low + high) / 2) * min(scale, 1e6)
    placed: NDArray[np.float64] = centred * [1, -1] + _EDGE + room / 2
    return placed


def _names(places: NDArray[np.float64], names: Sequence[str]) -> list[str]:
    """Name the dots whose name covers neither another name nor another dot, first come first served."""
    taken = np.concatenate([places - _RADIUS, places + _RADIUS], axis=1)
    drawn: list[str] = []
    for (x, y), name in zip(places.tolist(), names, strict=True):
        text = name if len(name) <= 16 else f"{name[:15]}…"
        wide = sum(_SIGN * (2 if sign > "\u2e80" else 1) for sign in text)
        left = x + 6 if x + 6 + wide < LARGE[0] else x - 6 - wide
        box = np.array([left, y - _LINE / 2, left + wide, y + _LINE / 2])
        free = not ((box[:2] < taken[:, 2:]) & (taken[:, :2] < box[2:])).all(axis=1).any()
        if text and free and len(drawn) < NAMED:
            taken = np.vstack([taken, box])
            drawn.append(f'<text class="dot" x="{left:.1f}" y="{y + 4:.1f}">{escape(text)}</text>')
    return drawn
