"""`zhanggui releases`: what training left behind, which one serves, and the way back."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import typer

from zhanggui.app.cli.screen import say, table, write_json
from zhanggui.app.settings import Settings
from zhanggui.core.clock import iso
from zhanggui.data import release

SHOWN = ("part", "seed", "budget", "budget_minutes", "until", "encoder", "base")
"""Settings that the table shows, in this order; the JSON has all."""

JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write what the table shows to this file.", readable=False)
]


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command()(releases)


def releases(
    context: typer.Context,
    promote: Annotated[str, typer.Option(help="Let this Release serve; a running server moves to it.")] = "",
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to the Release before the current.")] = False,
    json: JsonFile = None,
) -> None:
    """List Releases, or choose the one that serves."""
    settings: Settings = context.obj
    if promote:
        release.promote(settings.home, promote)
    if rollback:
        say(
            f"Now in use: {release.rollback(settings.home).manifest.name}. A running server moves to it within seconds."
        )
    used = release.current(settings.home)
    rows = [_row(one, used=one.name == used) for one in release.releases(settings.home)]
    table("Releases", ["", "name", "made", "data", "settings", "metrics", "reports"], [_cells(row) for row in rows])
    write_json(json, rows)


def _row(one: release.Manifest, *, used: bool) -> dict[str, Any]:
    """Return what machines are told of a Release; moments are ISO 8601 in UTC, None where nothing was learnt from."""
    since, until = (None if moment is None else iso(moment) for moment in (one.data_from, one.data_until))
    return {
        "name": one.name,
        "in_use": used,
        "created": iso(one.created),
        "data_from": since,
        "data_until": until,
        "settings": one.settings,
        "metrics": one.metrics,
        "reports": sorted(file for file in one.files if file.endswith("/report.html")),
        "version": one.version,
    }


def _cells(row: Mapping[str, Any]) -> list[str]:
    span = f"{row['data_from'][:10]} – {row['data_until'][:10]}" if row["data_from"] and row["data_until"] else "–"
    return [
        "*" if row["in_use"] else "",
        row["name"],
        row["created"],
        span,
        _said({name: row["settings"][name] for name in SHOWN if name in row["settings"]}),
        _said(row["metrics"]),
        ", ".join(PurePosixPath(file).parent.name for file in row["reports"]),
    ]


def _said(values: Mapping[str, Any]) -> str:
    """Write the figures and the words among values; what is richer is in the JSON."""
    plain = ((name, value) for name, value in values.items() if isinstance(value, int | float | str))
    return ", ".join(f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}" for name, value in plain)
