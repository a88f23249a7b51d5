"""`zhanggui train`: make a Release."""

from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.build import opened_store
from zhanggui.app.cli.screen import Tick, progress, say
from zhanggui.app.releasing import Order, Part, make_release
from zhanggui.app.settings import Settings
from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Judgments
from zhanggui.data.datasets import read_judgments
from zhanggui.data.values import moment
from zhanggui.encoders.opening import DEFAULT


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command("train")(train_command)


def train_command(
    context: typer.Context,
    part: Annotated[Part, typer.Argument(help="What to train; the rest comes from the Release in use.")] = Part.ALL,
    until: Annotated[str, typer.Option(help="Learn only from what lies before this moment (ISO 8601).")] = "",
    queries: Annotated[Path | None, typer.Option(help="Judged queries: query_id<TAB>text.", readable=False)] = None,
    qrels: Annotated[
        Path | None, typer.Option(help="Their judgments: query_id 0 item_id grade.", readable=False)
    ] = None,
    base: Annotated[str, typer.Option(help="What is fine-tuned: a name, or a model's folder.")] = DEFAULT,
    budget: Annotated[float, typer.Option(help="Minutes of fine-tuning.", min=0.01)] = 20.0,
    query_log: Annotated[
        Path | None, typer.Option(help="Raw queries to fine-tune on, one a line.", readable=False)
    ] = None,
) -> None:
    """Learn from the Store: models of behaviour, and, given judged queries, how much words and meaning count."""
    settings: Settings = context.obj
    judgments = judged(queries, qrels)
    if part is Part.FUSION and judgments is None:
        raise ConfigError("Nothing to fit the fusion on. Cure: zhanggui train fusion --queries FILE --qrels FILE")
    order = Order(
        part,
        until=moment(until) if until else None,
        judgments=judgments,
        base=base,
        minutes=budget,
        query_log=query_log,
    )
    with opened_store(settings) as store, progress("train") as tick:
        release = make_release(settings, store, order, told=_Stages(tick))
    if part is Part.RANKER and not release.manifest.metrics["ranker_helps"]:
        say("Held-out queries are answered no better with the ranker: its weight is 0, and the server goes without.")
    say(f"Release {release.manifest.name} is in use; a running server moves to it within seconds.")


class _Stages:
    """Move the bar, and say what is being done whenever that changes."""

    def __init__(self, tick: Tick) -> None:
        self._tick, self._stage = tick, ""

    def __call__(self, what: str, done: int, steps: int) -> None:
        if what != self._stage:
            self._stage = what
            say(f"train: {what}")
        self._tick(done, steps)


def judged(queries: Path | None, qrels: Path | None) -> Judgments | None:
    """Read judged queries; both files or none."""
    if queries is None and qrels is None:
        return None
    if queries is None or qrels is None:
        raise ConfigError("Judged queries need both files. Cure: --queries FILE --qrels FILE")
    return read_judgments(queries, qrels)
