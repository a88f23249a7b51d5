"""Bars with confidence intervals, drawn as SVG: no script, no style attributes, words escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

WIDTH, LEFT, RIGHT, ROW, TOP, FOOT = 560, 4, 96, 58, 4, 30
BAR, BAR_TOP = 20, 30


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a share from 0 to 1 and its interval, where there is one."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    strong: bool = False


def bars(title: str, rows: Sequence[Bar], *, percent: bool) -> Markup:
    """Draw horizontal bars over one axis that starts at zero."""
    top = max([row.high or row.value for row in rows] + [row.value for row in rows], default=0.0) or 1.0
    step = _step(top)
    limit = step * ceil(top / step - 1e-9)
    height = TOP + ROW * len(rows) + FOOT
    scale = (WIDTH - LEFT - RIGHT) / limit
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">',
        *(_tick(step * i, scale, height, percent) for i in range(round(limit / step) + 1)),
        *(_bar(row, TOP + ROW * i, scale, percent) for i, row in enumerate(rows)),
        "</svg>",
    ]
    return Markup("".join(parts))


def number_text(value: float, *, percent: bool) -> str:
    """Write a figure.

    >>> number_text(0.1234, percent=True), number_text(0.1234, percent=False)
    ('12.3%', '0.1234')
    """
    return f"{value:.1%}" if percent else f"{value:.4f}"


def _step(top: float) -> float:
    """Return a round distance of ticks that gives between three and seven of them."""
    power: float = 10 ** floor(log10(top))
    return next(power * factor for factor in (0.2, 0.25, 0.5, 1, 2) if top / (power * factor) <= 6)


def _tick(value: float, scale: float, height: int, percent: bool) -> str:
    x = LEFT + value * scale
    label = f"{value * 100:g}%" if percent else f"{value:g}"
    return (
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - FOOT + 4}"/>'
        f'<text class="tick" x="{x:.1f}" y="{height - 8}" text-anchor="{"middle" if value else "start"}">{label}</text>'
    )


def _bar(row: Bar, y: float, scale: float, percent: bool) -> str:
    middle, end = y + BAR_TOP + BAR / 2, LEFT + row.value * scale
    kind = "bar strong" if row.strong else "bar"
    right = end if row.high is None else max(end, LEFT + row.high * scale)
    return (
        f'<text class="name" x="{LEFT}" y="{y + BAR_TOP - 7}">{escape(row.label)}</text>'
        f'<rect class="{kind}" x="{LEFT}" y="{y + BAR_TOP}" width="{max(row.value * scale, 1):.1f}"'
        f' height="{BAR}" rx="5"/>'
        f"{_whisker(row, middle, scale)}"
        f'<text class="value" x="{right + 10:.1f}" y="{middle}" dominant-baseline="central">'
        f"{number_text(row.value, percent=percent)}</text>"
    )


def _whisker(row: Bar, middle: float, scale: float) -> str:
    if row.low is None or row.high is None:
        return ""
    low, high = LEFT + max(row.low, 0) * scale, LEFT + row.high * scale
    ends = "".join(f"M{x:.1f} {middle - 5}V{middle + 5}" for x in (low, high))
    return f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}{ends}"/>'
