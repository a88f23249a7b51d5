"""Curves over sizes on two logarithmic axes, as SVG; beside each its slope: 1 is in proportion, 0 is not at all."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

import numpy as np

WIDTH, HEIGHT, LEFT, TOP, FOOT, LEGEND = 860, 420, 60, 30, 40, 300
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#7f7f7f")


def curves(title: str, sizes: Sequence[int], rows: Mapping[str, Sequence[float]]) -> str:
    """Draw one curve for each row of positive figures, one figure a size."""
    shown = {name: figures for name, figures in rows.items() if min(figures) > 0}
    figures = [figure for row in shown.values() for figure in row] or [1.0]
    low, high = floor(log10(min(figures))), max(floor(log10(min(figures))) + 1, ceil(log10(max(figures))))
    first, last = log10(sizes[0]), log10(sizes[-1]) if sizes[-1] > sizes[0] else log10(sizes[0]) + 1

    def x(size: float) -> float:
        return LEFT + (log10(size) - first) / (last - first) * (WIDTH - LEFT - LEGEND)

    def y(figure: float) -> float:
        return HEIGHT - FOOT - (log10(figure) - low) / (high - low) * (HEIGHT - FOOT - TOP)

    grid = [
        _line(LEFT, y(10**power), WIDTH - LEGEND, y(10**power), f"{10.0**power:g}") for power in range(low, high + 1)
    ]
    ticks = [f'<text x="{x(n):.0f}" y="{HEIGHT - 15}" text-anchor="middle">{n:,}</text>' for n in sizes]
    drawn = [
        _curve(at, name, [(x(n), y(f)) for n, f in zip(sizes, row, strict=True)], slope(sizes, row))
        for at, (name, row) in enumerate(shown.items())
    ]
    box, font = f'viewBox="0 0 {WIDTH} {HEIGHT}"', 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} {font}>'
    return "".join(
        [
            head,
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}</text>',
            *grid,
            *ticks,
            *drawn,
            "</svg>",
        ]
    )


def slope(sizes: Sequence[int], figures: Sequence[float]) -> float:
    """Return the exponent by which figures grow with size, by least squares.

    >>> round(slope([10, 100, 1000], [3, 30, 300]), 3)
    1.0
    """
    if len(sizes) < 2 or min(figures) <= 0:
        return float("nan")
    return float(np.polyfit(np.log(sizes), np.log(figures), 1)[0])


def _line(x1: float, y1: float, x2: float, y2: float, label: str) -> str:
    return (
        f'<line x1="{x1:.0f}" y1="{y1:.1f}" x2="{x2:.0f}" y2="{y2:.1f}" stroke="#ddd"/>'
        f'<text x="{x1 - 6:.0f}" y="{y1 + 4:.1f}" text-anchor="end">{label}</text>'
    )


def _curve(at: int, name: str, points: Sequence[tuple[float, float]], steep: float) -> str:
    colour, y = COLOURS[at % len(COLOURS)], TOP + 12 + 20 * at
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
    dots = "".join(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in points)
    x = WIDTH - LEGEND + 20
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'
        f'<line x1="{x}" y1="{y}" x2="{x + 18}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        f'<text x="{x + 24}" y="{y + 4}">{escape(name)} (slope {steep:.2f})</text>'
    )
