"""`zhanggui import products|events` and `zhanggui check`."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from zhanggui.app.build import opened_store
from zhanggui.app.cli.screen import progress, say, table, write_json
from zhanggui.app.settings import Settings
from zhanggui.data.check import Status, check
from zhanggui.data.importing import FORMATS, Format, ImportReport, import_events, import_products, mapped

app = typer.Typer(help="Bring products or events into the shop, from files.", no_args_is_help=True)

STDIN = Path("-")

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Files, or the folder of a set; - reads what a command writes.", readable=False),
]
Named = Annotated[str, typer.Option("--format", help=f"One of: {', '.join(FORMATS)}.")]
Map = Annotated[
    list[str] | None, typer.Option("--map", help="FIELD=COLUMN, or FIELD==WORD for the same word in all lines; repeat.")
]
MapFile = Annotated[Path | None, typer.Option("--map-file", help="A map as JSON: {FIELD: COLUMN, …}.", readable=False)]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 when a line was set aside.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write what the table shows to this file.", readable=False)
]


def register(root: typer.Typer) -> None:
    """Add the group, and `check` beside it."""
    root.add_typer(app, name="import")
    root.command("check")(check_command)


@app.command()
def products(
    context: typer.Context,
    files: Files = None,
    format: Named = "auto",
    map: Map = None,
    map_file: MapFile = None,
    strict: Strict = False,
    json: JsonFile = None,
) -> None:
    """Import a catalogue."""
    how = mapped(format, map or [], map_file)
    _import(context.obj, "products", import_products, files or [], how, strict=strict, json=json)


@app.command()
def events(
    context: typer.Context,
    files: Files = None,
    format: Named = "auto",
    map: Map = None,
    map_file: MapFile = None,
    strict: Strict = False,
    json: JsonFile = None,
) -> None:
    """Import behaviour: views, carts, purchases and the rest."""
    how = mapped(format, map or [], map_file)
    _import(context.obj, "events", import_events, files or [], how, strict=strict, json=json)


def _import(
    settings: Settings,
    kind: str,
    work: Callable[..., ImportReport],
    files: Sequence[Path],
    how: str | Format,
    *,
    strict: bool,
    json: Path | None,
) -> None:
    rejects = rejects_file(settings, kind)
    with staged(files) as paths, opened_store(settings) as store, progress(kind) as tick:
        report = work(store, paths, format=how, rejects=rejects, progress=tick, strict=strict)
    _tell(kind.capitalize(), report, json=json)


@contextmanager
def staged(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield the files; what comes in by `-` is written to a file first, because an import looks at it twice."""
    if STDIN not in files:
        yield list(files)
        return
    with TemporaryDirectory(prefix="zhanggui-") as folder:
        place = Path(folder) / "stdin"
        with place.open("wb") as stream:
            shutil.copyfileobj(sys.stdin.buffer, stream, 1 << 20)
        yield [place if file == STDIN else file for file in files]


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
    if not report.lines:
        say("There was no record in it: only a header or blank lines.")
    if report.rejects:
        say(f"Lines set aside, with reasons: {report.rejects}. Mend them and import that file again.")
    for column, lines in report.unknown_columns.items():
        say(f"Column {column!r} is outside the contract and was left out ({lines} lines).")
    write_json(json, counts | {"rejects": str(report.rejects or ""), "unknown_columns": dict(report.unknown_columns)})
    if report.exit_code:
        raise typer.Exit(report.exit_code)
