"""`zhanggui doctor`: one page of what is well and what is not, with cures."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.build import shop_clock
from zhanggui.app.cli.screen import progress, table, write_json
from zhanggui.app.doctor import Patient, examine
from zhanggui.app.settings import SETTINGS, Settings, load
from zhanggui.core.errors import ConfigError
from zhanggui.data.check import Status

NAME = "doctor"
Full = Annotated[bool, typer.Option("--full", help="Read a large Store through and look for every vector.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write what the table shows to this file.", readable=False)
]


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command(NAME)(doctor)


def doctor(context: typer.Context, full: Full = False, json: JsonFile = None) -> None:
    """Look over machine and home: PASS, WARN or FAIL for each check, with the cure. Changes nothing."""
    settings: Settings = context.obj
    with progress("looking"):
        findings = examine(Patient(settings, os.environ, shop_clock(settings), full))
    rows = [[f.status.value, f.name, f.fact, f.cure] for f in findings]
    table("Doctor", ["", "check", "found", "cure"], rows)
    write_json(json, [dict(zip(("status", "name", "fact", "cure"), row, strict=True)) for row in rows])
    if any(f.status is Status.FAIL for f in findings):
        raise typer.Exit(1)


def lenient(home: str | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings as far as they can be read: what is wrong with them is one of the findings."""
    known = {setting.variable for setting in SETTINGS}
    return load({name: text for name, text in environ.items() if name in known and _reads(name, text)}, home=home)


def _reads(name: str, text: str) -> bool:
    try:
        load({name: text})
    except ConfigError:
        return False
    return True
