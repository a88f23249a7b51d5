"""`zhanggui demo`: the main job on real data, then a page in the browser."""

import os
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from zhanggui.app.cli.screen import progress, say, table
from zhanggui.app.cli.serve import is_free, run
from zhanggui.app.demo import CUT, Demo
from zhanggui.app.home_lock import held
from zhanggui.app.settings import Settings


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("demo")(demo_command)


def demo_command(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(help="Port to listen on; another free one when it is taken.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Import, learn, judge, and stop without serving.")] = False,
    train: Annotated[
        bool, typer.Option("--train", help="Fine-tune the language model on this shop, too; needs [train].")
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser, where there is one.")] = True,
) -> None:
    """Import a year of a real grocer, learn from it, open the shop. What is done already is not done again."""
    settings: Settings = context.obj
    demo = Demo.beside(settings)
    if not once:
        with held(demo.settings.home):  # told before the long part, not after it
            pass
    demo.prepare(progress)
    if train:
        _fine_tune(demo)
    if once:
        demo.judge(progress)
        say(f"How often the shop was right after {CUT}: {demo.report}   (zhanggui demo shows it at /report)")
        return
    host = settings.text("host")
    wanted = settings.number("port") if port is None else port
    chosen = wanted if is_free(host, wanted) else 0
    say(f"It is {CUT} in this shop. Ask it from a terminal, too: zhanggui --home {demo.settings.home} search 冰淇淋")
    with judging(settings, demo):
        run(demo.settings, host=host, port=chosen, opened=_show if browser and sys.stdout.isatty() else None)


def _fine_tune(demo: Demo) -> None:
    """Fine-tune what is not yet, and show what it won on pairs that were kept apart."""
    for part, release in demo.fine_tune(progress).items():
        told = list(release.manifest.metrics.items())
        table(f"{part.value}: Release {release.manifest.name}", ["measured", ""], told)
        say(f"How it learnt, in pictures: {release.path / 'runs' / part.value / 'report.html'}")


@contextmanager
def judging(settings: Settings, demo: Demo) -> Iterator[None]:
    """Make the report in a process of its own, after everybody else, while the shop serves."""
    if demo.report.exists():
        yield
        return
    command = [sys.executable, "-m", "zhanggui", "--home", str(settings.home), "demo", "--once"]
    with (demo.settings.home / "judge.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=_yielding)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _yielding() -> None:
    os.nice(10)


def _show(url: str) -> None:
    webbrowser.open(url)
