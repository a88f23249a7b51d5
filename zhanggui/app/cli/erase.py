"""`zhanggui erase USER…` and `zhanggui forget`: shoppers who want to be gone, and what is too old to be kept."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.build import opened_store, shop_clock
from zhanggui.app.cli.screen import say, table, write_json
from zhanggui.app.erasing import erase as erase_all
from zhanggui.app.erasing import forget as forget_all
from zhanggui.app.settings import Settings
from zhanggui.core.clock import iso
from zhanggui.core.erasure import Erased
from zhanggui.core.errors import ConfigError, InputError
from zhanggui.core.ids import DAY, Millis, UserId
from zhanggui.data.leftovers import Leftovers
from zhanggui.data.values import identifier, moment

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write what the table shows to this file.", readable=False)
]
REST = (
    "What models learned from it stays in the Releases until the next training (without ids): zhanggui train. Backups "
    "made before still hold it: after a restore, run this again."
)


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command()(erase)
    root.command()(forget)


def erase(
    context: typer.Context,
    users: Annotated[list[str], typer.Argument(help="Ids of users; an anonymous id counts, too.")],
    yes: Yes = False,
    json: JsonFile = None,
) -> None:
    """Erase users: their events, their pages and all that was derived from them, down to the bytes in the files."""
    settings: Settings = context.obj
    gone = [_user(name) for name in users]
    _ask(f"Erase {len(gone)} user(s) for good, with all events and pages of theirs?", yes=yes)
    with opened_store(settings) as store:
        erased, left = erase_all(store, settings.home, gone)
    _tell("Erased", erased, left, json=json)


def forget(
    context: typer.Context,
    before: Annotated[str, typer.Option(help="A moment: ISO 8601. Without: retention_days before now.")] = "",
    yes: Yes = False,
    json: JsonFile = None,
) -> None:
    """Forget events and pages older than a moment, users left without any, and files of lines set aside as old."""
    settings: Settings = context.obj
    oldest = _moment(settings, before)
    _ask(f"Forget for good what is older than {iso(oldest)}?", yes=yes)
    with opened_store(settings) as store:
        erased, left = forget_all(store, settings.home, oldest)
    _tell(f"Forgotten, older than {iso(oldest)}", erased, left, json=json)


def _user(name: str) -> UserId:
    try:
        return UserId(identifier(name))
    except ValueError as error:
        raise InputError(f"{name!r} is no id of a user: it {error}. Cure: give an id as the events have it.") from None


def _moment(settings: Settings, before: str) -> Millis:
    if before:
        try:
            return moment(before)
        except ValueError as error:
            raise InputError(f"--before {before!r} {error}. Cure: --before 2026-01-31") from None
    days = settings.number("retention_days")
    if days <= 0:
        raise ConfigError("All is kept: retention_days is 0. Cure: --before MOMENT, or set ZHANGGUI_RETENTION_DAYS.")
    return Millis(shop_clock(settings).now() - days * DAY)


def _ask(question: str, *, yes: bool) -> None:
    if not yes and sys.stdin.isatty():
        typer.confirm(question, abort=True, err=True)


def _tell(title: str, erased: Erased, left: Leftovers, *, json: Path | None) -> None:
    counts: dict[str, object] = {
        "events": erased.events,
        "rankings": erased.rankings,
        "users": erased.users,
        "lines set aside": left.lines,
        "files": len(left.files),
    }
    table(title, list(counts), [list(counts.values())])
    say(REST)
    write_json(json, counts | {"files": [str(file) for file in left.files], "position": erased.position})
