"""`zhanggui backup` and `zhanggui restore`: a whole shop in one file."""

from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.build import store_place
from zhanggui.app.cli.screen import progress, say, write_json
from zhanggui.app.home_lock import held
from zhanggui.app.settings import Settings
from zhanggui.core.clock import SystemClock, iso
from zhanggui.data.archive import Manifest, write_backup
from zhanggui.data.archive import restore as restore_backup

New = Annotated[
    Path, typer.Argument(metavar="FILE", help="A file that is not there yet, such as shop.tar.", readable=False)
]
Old = Annotated[Path, typer.Argument(metavar="FILE", help="What `zhanggui backup` wrote.", readable=False)]
Replace = Annotated[bool, typer.Option("--replace", help="Let the new backup take the place of an older one.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write what the backup holds to this file.", readable=False)
]


def register(root: typer.Typer) -> None:
    """Add both commands."""
    root.command()(backup)
    root.command()(restore)


def backup(context: typer.Context, file: New, replace: Replace = False, json: JsonFile = None) -> None:
    """Write Store, Release in use and vectors to one file, as of one moment. The shop may serve meanwhile."""
    settings: Settings = context.obj
    place = store_place(settings)
    with progress("backup") as tick:
        manifest = write_backup(
            file, home=settings.home, store=place, clock=SystemClock(), replace=replace, on_progress=tick
        )
    say(f"Written: {file} ({file.stat().st_size / 2**20:,.1f} MiB), {_content(manifest)}.")
    write_json(json, _facts(manifest))


def restore(context: typer.Context, file: Old, json: JsonFile = None) -> None:
    """Put a backup into an empty home, its Store where ZHANGGUI_STORE says; first every byte is proven."""
    settings: Settings = context.obj
    place = store_place(settings, must_exist=False)
    with held(settings.home), progress("restore") as tick:
        manifest = restore_backup(file, home=settings.home, store=place, on_proof=tick, on_progress=tick)
    say(f"Restored into {settings.home}: {_content(manifest)}. Open it: zhanggui --home {settings.home} serve")
    write_json(json, _facts(manifest))


def _content(manifest: Manifest) -> str:
    release = f"Release {manifest.release}" if manifest.release else "no Release"
    return f"{manifest.rows:,} rows up to position {manifest.position}, {release}, as of {iso(manifest.created)}"


def _facts(manifest: Manifest) -> dict[str, object]:
    return {
        "created": iso(manifest.created),
        "position": manifest.position,
        "release": manifest.release,
        "rows": {name: facts.rows for name, facts in manifest.tables.items()},
    }
