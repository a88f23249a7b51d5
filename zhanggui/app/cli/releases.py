"""`zhanggui releases`: what training left behind, which one serves, and the way back."""

from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.cli.screen import say, table, write_json
from zhanggui.app.settings import Settings
from zhanggui.core.clock import iso
from zhanggui.data import release

JsonFile = Annotated[Path | None, typer.Option("--json", help="Write what the table shows to this file.")]


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
    found, used = release.releases(settings.home), release.current(settings.home)
    rows = [[("*" if r.name == used else ""), r.name, iso(r.created), _metrics(r)] for r in found]
    table("Releases", ["", "name", "made", "metrics"], rows)
    write_json(json, [dict(zip(("current", "name", "created", "metrics"), row, strict=True)) for row in rows])


def _metrics(manifest: release.Manifest) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in manifest.metrics.items() if isinstance(value, float))
