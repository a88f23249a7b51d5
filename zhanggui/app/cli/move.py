"""`zhanggui move --to URL`: the Store to another place, on the same or another engine."""

from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.build import store_place
from zhanggui.app.cli.screen import progress, say, table, write_json
from zhanggui.app.home_lock import held
from zhanggui.app.settings import Settings
from zhanggui.data.store.moving import move_store
from zhanggui.data.store.places import shown, url_of

To = Annotated[str, typer.Option("--to", help="An empty database (postgresql://…) or a new file (sqlite:///PATH).")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write what the table shows to this file.", readable=False)
]


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command()(move)


def move(context: typer.Context, to: To, json: JsonFile = None) -> None:
    """Copy the Store to another place and prove the copy equal; stop the server first. The old one stays as it is."""
    settings: Settings = context.obj
    source = store_place(settings)
    with held(settings.home), progress("move") as tick:
        moved = move_store(source, to, on_progress=tick)
    tables = [{"table": name, "rows": part.rows, "sha256": part.digest} for name, part in sorted(moved.sums.items())]
    title = f"Moved, and read back equal, up to position {moved.position}"
    table(title, ["table", "rows", "sha256"], [[*row.values()] for row in tables])
    write_json(json, {"position": moved.position, "tables": tables})
    target = shown(url_of(to))
    password = "   (*** stands for the password)" if "***" in target else ""
    say(f"From now on set ZHANGGUI_STORE={target}{password}. The old Store is left as it was: {shown(url_of(source))}")
