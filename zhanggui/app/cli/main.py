"""`zhanggui`: the root of the command line."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from zhanggui import __version__
from zhanggui.app.cli import ask, backup, demo, doctor, erase, evaluate, imports, move, releases, serve, train
from zhanggui.app.cli.ending import ended
from zhanggui.app.cli.screen import table
from zhanggui.app.settings import SETTINGS, Settings, load

app = typer.Typer(
    name="zhanggui",
    help="掌柜: search and recommendation for an online shop, with a language model at the core.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
for commands in (demo, imports, train, evaluate, ask, serve, releases, erase, move, backup, doctor):
    commands.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="The folder where the shop lives (ZHANGGUI_HOME).", readable=False)
    ] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Read the settings once; every command finds them in its context."""
    given = None if home is None else str(home)
    context.obj = doctor.lenient(given) if context.invoked_subcommand == doctor.NAME else load(home=given)


@app.command()
def settings(context: typer.Context) -> None:
    """Show every setting: its variable, the value in force and what it means."""
    values: Settings = context.obj
    shown = [
        (s.variable, "(set)" if s.name == "write_key" and values.text(s.name) else values.values[s.name], s.help)
        for s in SETTINGS
    ]
    table("Settings", ["variable", "value", "meaning"], [[name, str(value), text] for name, value, text in shown])


def main() -> None:
    """Run the command of the process and end with its exit code; an error is one line on standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    sys.exit(ended(lambda: app(prog_name="zhanggui", standalone_mode=False), sys.argv[1:]))
