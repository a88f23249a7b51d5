"""A frame with two axes, as SVG without script and without style attributes; what is drawn in it is given as marks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

LEFT, RIGHT, TOP, FOOT = 52, 14, 12, 36

SMALL, LARGE = (400, 250), (1060, 560)
"""Width and height of a picture."""

Place = Callable[[float], float]
"""From a figure to a pixel."""


@dataclass(frozen=True, slots=True)
class Span:
    """The least and the greatest of an axis, low below high."""

    low: float
    high: float


def span(values: Sequence[float], *, zero: bool = False) -> Span:
    """Return an axis that holds all values, ending on round figures; `zero` makes it begin there.

    >>> span([0.2, 0.93]), span([3.0, 3.0]), span([])
    (Span(low=0.2, high=1.0), Span(low=2.5, high=3.5), Span(low=0.0, high=1.0))
    """
    if not len(values):
        return Span(0.0, 1.0)
    low, high = min(values), max(values)
    low = min(low, 0.0) if zero else low
    if high - low <= 1e-9 * max(abs(high), abs(low), 1e-9):
        around = abs(high) / 6 or 0.5
        return Span(low - around, high + around)
    step = _step(high - low)
    return Span(round(step * floor(low / step + 1e-9), 12), round(step * ceil(high / step - 1e-9), 12))


def frame(title: str, x: Span, y: Span, marks: Callable[[Place, Place], str], *, below: str) -> str:
    """Draw a frame with ticks, and in it what `marks` makes of the two places."""
    wide, high = SMALL

    def across(value: float) -> float:
        return LEFT + (value - x.low) / (x.high - x.low) * (wide - LEFT - RIGHT)

    def up(value: float) -> float:
        return high - FOOT - (value - y.low) / (y.high - y.low) * (high - FOOT - TOP)

    ticks = "".join([*_rows(y, up), *_columns(x, across)])
    return canvas(title, ticks + marks(across, up), size=SMALL, below=below)


def canvas(title: str, content: str, *, size: tuple[int, int], below: str) -> str:
    """Put a picture's content on its sheet, a line of words below it."""
    wide, high = size
    return (
        f'<svg viewBox="0 0 {wide} {high}" role="img" aria-label="{escape(title)}">{content}'
        f'<text class="tick" x="{wide / 2:.0f}" y="{high - 3}" text-anchor="middle">{escape(below)}</text></svg>'
    )


def figure(value: float) -> str:
    """Write a figure in at most four digits that count.

    >>> figure(0.123456), figure(123456), figure(2e-5), figure(float("nan"))
    ('0.1235', '123,456', '2e-05', '–')
    """
    if value != value or value in (float("inf"), float("-inf")):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _ticks(of: Span) -> list[float]:
    step = _step(of.high - of.low)
    first = ceil(of.low / step - 1e-9)
    return [step * at for at in range(first, floor(of.high / step + 1e-9) + 1)]


def _step(width: float) -> float:
    power: float = 10 ** floor(log10(width))
    return next(power * factor for factor in (0.1, 0.2, 0.5, 1, 2) if width / (power * factor) <= 6)


def _rows(y: Span, up: Place) -> list[str]:
    return [
        f'<line class="grid" x1="{LEFT}" x2="{SMALL[0] - RIGHT}" y1="{up(at):.1f}" y2="{up(at):.1f}"/>'
        f'<text class="tick" x="{LEFT - 7}" y="{up(at) + 4:.1f}" text-anchor="end">{figure(at)}</text>'
        for at in _ticks(y)
    ]


def _columns(x: Span, across: Place) -> list[str]:
    return [
        f'<text class="tick" x="{across(at):.1f}" y="{SMALL[1] - FOOT + 15}" text-anchor="middle">{figure(at)}</text>'
        for at in _ticks(x)
    ]
