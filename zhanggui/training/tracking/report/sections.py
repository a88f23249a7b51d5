"""The parts of a report, each made of what was kept; a part with nothing in it is left out."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from zhanggui.core.clock import iso
from zhanggui.core.ids import Millis
from zhanggui.training.tracking.counting import flattened, precision_recall
from zhanggui.training.tracking.kept import Kept, Labelled, Series
from zhanggui.training.tracking.report.axes import Span, figure
from zhanggui.training.tracking.report.dots import dots
from zhanggui.training.tracking.report.drawing import Trace, bars, lines

Words = Mapping[str, str]
PARTS = ("train", "dev", "test")
COLOURS = 6


def learning(kept: Kept, words: Words) -> str:
    """Draw one picture a figure, with a line a part: `train/loss` and `dev/loss` are in one."""
    figures: dict[str, dict[str, Series]] = {}
    for name, series in kept.scalars.items():
        part, _, rest = name.partition("/")
        figures.setdefault(rest or part, {})[part if rest else ""] = series
    return _section(words["learning"], (_learning(name, parts, words) for name, parts in sorted(figures.items())))


def curves(kept: Kept, words: Words) -> str:
    """Draw precision over recall as of the last step, and as of the first behind it."""
    return _section(words["curves"], (_curve(name, told, words) for name, told in sorted(kept.curves.items())))


def histograms(kept: Kept, words: Words) -> str:
    """Draw the last histogram of each name, the first outlined behind it."""
    drawn = []
    for name, told in sorted(kept.histograms.items()):
        first, last = min(told), max(told)
        keys = [(0, words["first"].format(step=last), "")]
        keys += [(1, words["first"].format(step=first), "")] if first != last else []
        picture = bars(name, told[last], told[first] if first != last else None, below=words["shares"])
        drawn.append(_card(name, keys, picture))
    return _section(words["histograms"], drawn)


def embeddings(kept: Kept, words: Words) -> str:
    """Draw vectors in the two directions in which they differ most."""
    drawn = []
    for name, told in sorted(kept.embeddings.items()):
        if len(told.values):
            flat, share = flattened(told.values)
            below = words["share"].format(share=f"{share:.0%}", n=f"{len(flat):,}")
            drawn.append(_card(name, [], dots(name, flat, told.labels.tolist(), below=below)))
    return _section(words["map"], drawn, wide=True)


def tables(kept: Kept, words: Words) -> str:
    """Show tables as they were told, and for every figure its first, last, lowest and highest."""
    drawn = [f"<h3>{escape(name)}</h3>{table(told.columns, told.rows)}" for name, told in kept.tables.items()]
    told = _section(words["tables"], drawn, grid=False)
    heads = (words["figure"], words["start"], words["last"], words["lowest"], words["highest"])
    rows = [_ends(name, series) for name, series in sorted(kept.scalars.items())]
    return told + (_section(words["figures"], [table(heads, rows)], grid=False) if rows else "")


def settings(kept: Kept, words: Words) -> str:
    """Show what the run was given."""
    rows = [(name, _setting(name, value)) for name, value in sorted(kept.settings.items())]
    heads = (words["setting"], words["value"])
    return _section(words["settings"], [table(heads, rows)] if rows else [], grid=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Draw a table; columns of figures to the right."""
    right = [all(_is_figure(row[at]) or row[at] is None for row in rows) for at in range(len(columns))]
    kinds = [' class="n"' if one else "" for one in right]
    heads = "".join(f"<th{kind}>{escape(name)}</th>" for kind, name in zip(kinds, columns, strict=True))
    lines = (
        "".join(f"<td{kind}>{escape(_text(value))}</td>" for kind, value in zip(kinds, row, strict=True))
        for row in rows
    )
    return f'<div class="scroll"><table><tr>{heads}</tr>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>'


def _learning(name: str, parts: Mapping[str, Series], words: Words) -> str:
    order = sorted(parts, key=lambda part: (PARTS.index(part) if part in PARTS else len(PARTS), part))
    spare = len(PARTS)
    traces, keys = [], []
    for part in order:
        colour = PARTS.index(part) if part in PARTS else spare % COLOURS if part else 0
        spare += part not in PARTS
        series = parts[part]
        traces.append(Trace(part, series.steps.astype(np.float64), series.values, colour))
        keys.append((colour, part, figure(float(series.values[-1]))))
    return _card(name, keys, lines(name, traces, below=words["step"]))


def _curve(name: str, told: Mapping[int, Labelled], words: Words) -> str:
    traces, keys = [], []
    for colour, step in enumerate(dict.fromkeys((max(told), min(told)))):
        found = precision_recall(told[step].labels, told[step].values)
        traces.append(Trace(name, found.recall, found.precision, colour))
        keys.append((colour, words["first"].format(step=step), f"{words['average']} {figure(found.average)}"))
    unit = Span(0.0, 1.0)
    return _card(name, keys, lines(name, traces, below=words["recall"], x=unit, y=unit))


def _ends(name: str, series: Series) -> tuple[Any, ...]:
    finite = np.flatnonzero(np.isfinite(series.values))
    first, last = float(series.values[0]), float(series.values[-1])
    if not len(finite):
        return name, first, last, "–", "–"
    at = (finite[series.values[finite].argmin()], finite[series.values[finite].argmax()])
    return name, first, last, *(f"{figure(float(series.values[row]))} ({series.steps[row]:,})" for row in at)


def _section(title: str, content: Iterable[str], *, grid: bool = True, wide: bool = False) -> str:
    kind = "wide" if wide else "grid" if grid else "plain"
    inside = "".join(content)
    return f'<section><h2>{escape(title)}</h2><div class="{kind}">{inside}</div></section>' if inside else ""


def _card(name: str, keys: Sequence[tuple[int, str, str]], picture: str) -> str:
    legend = "".join(
        f'<span><i class="k{colour}"></i>{escape(label)} <b>{escape(value)}</b></span>' for colour, label, value in keys
    )
    return f"<figure><figcaption><strong>{escape(name)}</strong>{legend}</figcaption>{picture}</figure>"


def _setting(name: str, value: Any) -> str:
    return iso(Millis(value)) if name in ("data_from", "data_until") and isinstance(value, int) else _text(value)


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return figure(value) if isinstance(value, float) else str(value)
