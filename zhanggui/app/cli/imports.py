"""`zhanggui import products|events` and `zhanggui check`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.build import opened_store
from zhanggui.app.cli.screen import progress, say, table, write_json
from zhanggui.app.settings import Settings
from zhanggui.data.check import Status, check
from zhanggui.data.importing import FORMATS, ImportReport, import_events, import_products

app = typer.Typer(help="Bring products or events into the shop, from files.", no_args_is_help=True)

Files = Annotated[list[Path] | None, typer.Argument(help="Files; a named format may bring its own.")]
Format = Annotated[str, typer.Option(help=f"One of: {', '.join(FORMATS)}.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 when a line was set aside.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write what the table shows to this file.")]


def register(root: typer.Typer) -> None:
    """Add the group, and `check` beside it."""
    root.add_typer(app, name="import")
    root.command("check")(check_command)


@app.command()
def products(
    context: typer.Context, files: Files = None, format: Format = "auto", strict: Strict = False, json: JsonFile = None
) -> None:
    """Import a catalogue."""
    settings: Settings = context.obj
    rejects = rejects_file(settings, "products")
    with opened_store(settings) as store, progress("products") as tick:
        report = import_products(store, files or [], format=format, rejects=rejects, progress=tick, strict=strict)
    _tell("Products", report, json=json)


@app.command()
def events(
    context: typer.Context, files: Files = None, format: Format = "auto", strict: Strict = False, json: JsonFile = None
) -> None:
    """Import behaviour: views, carts, purchases and the rest."""
    settings: Settings = context.obj
    rejects = rejects_file(settings, "events")
    with opened_store(settings) as store, progress("events") as tick:
        report = import_events(store, files or [], format=format, rejects=rejects, progress=tick, strict=strict)
    _tell("Events", report, json=json)


def check_command(context: typer.Context, json: JsonFile = None) -> None:
    """Look the data over before anyone trains: PASS, WARN or FAIL for each named check, with the cure."""
    settings: Settings = context.obj
    with opened_store(settings) as store:
        findings = check(store)
    rows = [[f.status.value, f.name, f.fact, f.cure] for f in findings]
    table("Check", ["", "check", "found", "cure"], rows)
    write_json(json, [dict(zip(("status", "name", "fact", "cure"), row, strict=True)) for row in rows])
    if any(f.status is Status.FAIL for f in findings):
        raise typer.Exit(1)


def rejects_file(settings: Settings, kind: str) -> Path:
    """Return where lines that cannot be read are set aside: a file of its own for every import."""
    return settings.home / "rejects" / f"{kind}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}.jsonl"


def _tell(kind: str, report: ImportReport, *, json: Path | None) -> None:
    counts = {
        "files": report.files,
        "lines": report.lines,
        "written": report.written,
        "repeated": report.repeated,
        "set aside": report.rejected,
        "of unknown items": report.flagged,
    }
    table(f"{kind} imported", list(counts), [list(counts.values())])
    if report.rejects:
        say(f"Lines set aside, with reasons: {report.rejects}. Mend them and import that file again.")
    for column, lines in report.unknown_columns.items():
        say(f"Column {column!r} is outside the contract and was left out ({lines} lines).")
    write_json(json, counts | {"rejects": str(report.rejects or ""), "unknown_columns": dict(report.unknown_columns)})
    if report.exit_code:
        raise typer.Exit(report.exit_code)
