"""One HTML file that shows a run: no script, nothing from elsewhere, both languages inside."""

from html import escape
from pathlib import Path

from zhanggui.core.clock import iso
from zhanggui.core.errors import InputError
from zhanggui.core.ids import Millis
from zhanggui.training.tracking.kept import Kept, read_run
from zhanggui.training.tracking.report import sections
from zhanggui.training.tracking.report.axes import figure
from zhanggui.training.tracking.report.style import STYLE
from zhanggui.training.tracking.report.words import WORDS, duration

REPORT = "report.html"
LANGUAGES = ("zh", "en")
_TILES = 4


def write_report(run: Path, *, language: str = "zh", title: str = "") -> Path:
    """Write `report.html` into a run's folder, in place of an older one, and return where it is.

    `language` is the one that is shown first. Raises InputError where no run was kept or nothing can be written.
    """
    page, file = render(read_run(run), title=title or run.name, language=language), run / REPORT
    try:
        half = file.with_suffix(".half")
        half.write_text(page, "utf-8")
        half.replace(file)
    except OSError as fault:
        raise InputError(f"{file} cannot be written: {fault.strerror}. Cure: name a folder you own.") from fault
    return file


def render(kept: Kept, *, title: str, language: str = "zh") -> str:
    """Return the page of a run."""
    marked = {one: " checked" if one == language else "" for one in LANGUAGES}
    switch = "".join(f'<input type="radio" name="language" id="{one}"{marked[one]}>' for one in LANGUAGES)
    labels = '<nav><label for="zh">中文</label><label for="en">English</label></nav>'
    bodies = "".join(f'<main lang="{one}">{_body(kept, title, one)}</main>' for one in LANGUAGES)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)} · {WORDS[language]['title']}</title><style>{STYLE}</style></head>"
        f"<body>{switch}{labels}{bodies}</body></html>\n"
    )


def _body(kept: Kept, title: str, language: str) -> str:
    words = WORDS[language]
    parts = (sections.learning, sections.curves, sections.histograms, sections.embeddings)
    pictures = "".join(part(kept, words) for part in parts)
    nothing = f"<p>{words['nothing']}</p>"
    torn = f'<p class="note">{words["torn"].format(torn=kept.torn, lost=kept.lost)}</p>'
    return (
        f"<h1>{words['title']} <span>{escape(title)}</span></h1>{_tiles(kept, language)}"
        f"{torn if kept.torn or kept.lost else ''}"
        f"{nothing if not kept.scalars else ''}{pictures}"
        f"{sections.tables(kept, words)}{sections.settings(kept, words)}"
    )


def _tiles(kept: Kept, language: str) -> str:
    words = WORDS[language]
    steps = max((int(series.steps[-1]) for series in kept.scalars.values()), default=0)
    tiles = [(words["steps"], f"{steps:,}")]
    if kept.first is not None and kept.last is not None:
        tiles.append((words["took"], duration(kept.last - kept.first, words)))
    held = [name for part in ("test", "dev") for name in sorted(kept.scalars) if name.startswith(f"{part}/")]
    tiles += [(name, figure(float(kept.scalars[name].values[-1]))) for name in held[:_TILES]]
    since, until = (kept.settings.get(name) for name in ("data_from", "data_until"))
    if isinstance(since, int) and isinstance(until, int):
        tiles.append((words["data"], f"{iso(Millis(since))[:10]} – {iso(Millis(until))[:10]}"))
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in tiles)
    return f"<dl>{cells}</dl>"
