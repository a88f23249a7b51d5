"""Pictures with axes: lines over steps, precision over recall, bars of counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from zhanggui.training.tracking.kept import Counts
from zhanggui.training.tracking.report.axes import Place, Span, frame, span

MOST = 240
"""Points of one line; more are averaged, neighbour with neighbour."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One line: x and y (n,), and the number of its colour."""

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    colour: int


def lines(title: str, traces: Sequence[Trace], *, below: str, y: Span | None = None, x: Span | None = None) -> str:
    """Draw lines over one another; a figure that is none breaks its line."""
    thin = [thinned(trace) for trace in traces]
    xs = [float(value) for trace in thin for value in trace.x]
    ys = [float(value) for trace in thin for value in trace.y if isfinite(value)]

    def marks(across: Place, up: Place) -> str:
        return "".join(_trace(trace, across, up) for trace in thin)

    return frame(title, x or span(xs), y or span(ys), marks, below=below)


def bars(title: str, shown: Counts, first: Counts | None, *, below: str) -> str:
    """Draw shares of all values by bin; `first`, an earlier histogram, is outlined behind it."""
    edges = [float(edge) for one in (shown, first) if one is not None for edge in one.edges]
    shares = [one.counts / max(int(one.counts.sum()), 1) for one in (shown, first) if one is not None]
    tops = [float(share.max()) for share in shares if len(share)]

    def marks(across: Place, up: Place) -> str:
        drawn = [
            f'<rect class="f0" x="{across(low):.1f}" y="{up(share):.1f}"'
            f' width="{max(across(high) - across(low) - 1, 0.5):.1f}" height="{up(0) - up(share):.1f}"/>'
            for low, high, share in zip(shown.edges[:-1], shown.edges[1:], shares[0], strict=True)
        ]
        return "".join(drawn) + ("" if first is None else _outline(first, shares[1], across, up))

    return frame(title, _exact(edges), span(tops, zero=True), marks, below=below)


def thinned(trace: Trace) -> Trace:
    """Return a line of at most 240 points, each the mean of its neighbours (those that are figures).

    >>> many = Trace("loss", np.arange(480.0), np.arange(480.0), 0)
    >>> thinned(many).x[:3].tolist(), len(thinned(many).y)
    ([0.5, 2.5, 4.5], 240)
    """
    if len(trace.x) <= MOST:
        return trace
    parts = np.array_split(np.arange(len(trace.x)), MOST)
    finite = np.isfinite(trace.y)
    kept = [part[finite[part]] for part in parts]
    y = [float(trace.y[part].mean()) if len(part) else np.nan for part in kept]
    return Trace(trace.label, np.array([trace.x[part].mean() for part in parts]), np.array(y), trace.colour)


def _trace(trace: Trace, across: Place, up: Place) -> str:
    pen = "M"
    path: list[str] = []
    alone: list[str] = []
    points = list(zip(trace.x.tolist(), trace.y.tolist(), strict=True))
    for x, y in points:
        if not isfinite(y):
            pen = "M"
            continue
        path.append(f"{pen}{across(x):.1f} {up(y):.1f}")
        pen = "L"
        if len(points) <= 12:
            alone.append(f'<circle class="f{trace.colour}" cx="{across(x):.1f}" cy="{up(y):.1f}" r="3"/>')
    return f'<path class="l{trace.colour}" d="{"".join(path)}"/>{"".join(alone)}'


def _outline(first: Counts, shares: NDArray[np.float64], across: Place, up: Place) -> str:
    if not len(shares):
        return ""
    steps = "".join(
        f"V{up(share):.1f}H{across(edge):.1f}" for share, edge in zip(shares.tolist(), first.edges[1:], strict=True)
    )
    return f'<path class="l1" d="M{across(first.edges[0]):.1f} {up(0):.1f}{steps}V{up(0):.1f}"/>'


def _exact(edges: Sequence[float]) -> Span:
    return Span(min(edges), max(edges)) if edges else Span(0.0, 1.0)
