"""`zhanggui evaluate search | recommend`: systems side by side, with intervals."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.build import current_release, fusion_of, opened_store, shop_encoder
from zhanggui.app.cli.screen import Tick, metric_table, progress, say, table, write_json
from zhanggui.app.cli.train import judged
from zhanggui.app.probing import probe_index
from zhanggui.app.releasing import SEED, categories_of
from zhanggui.app.settings import Settings
from zhanggui.core.errors import ConfigError
from zhanggui.core.ids import Millis
from zhanggui.core.interactions import Interactions
from zhanggui.data.values import moment
from zhanggui.training.collaborative import Categories, train
from zhanggui.training.comparing import SHIPPED, Table, compare_last_items, compare_next_days
from zhanggui.training.fusion import SearchTable, evaluate_search

app = typer.Typer(help="Measure search or recommendation beside the baselines.", no_args_is_help=True)

JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write what the table shows to this file.", readable=False)
]


class SplitName(StrEnum):
    """How a log is divided into what is learnt from and what is guessed."""

    LEAVE_ONE_OUT = "leave-one-out"
    TIME = "time"


def register(root: typer.Typer) -> None:
    """Add the group."""
    root.add_typer(app, name="evaluate")


@app.command()
def search(
    context: typer.Context,
    queries: Annotated[Path, typer.Option(help="query_id<TAB>text.", readable=False)],
    qrels: Annotated[Path, typer.Option(help="query_id 0 item_id grade.", readable=False)],
    json: JsonFile = None,
) -> None:
    """BM25, meaning and every fusion of both, on judged queries. The starred system is what the shop serves."""
    settings: Settings = context.obj
    judgments = judged(queries, qrels)
    if judgments is None:
        raise ConfigError("Judged queries are needed. Cure: --queries FILE --qrels FILE")
    shipped = fusion_of(current_release(settings.home))
    with opened_store(settings) as store, progress("meaning") as tick:
        encoder = shop_encoder(settings)
        with probe_index(settings, store, encoder, tick=tick) as probe:
            found = evaluate_search(probe.index, encoder, judgments, seed=SEED, shipped=shipped, met=probe.met)
    rows = [row.as_json() for row in found.rows]
    metric_table(f"Search: {found.queries} judged queries", rows, ["ndcg@10", "mrr@10", "recall@10"])
    _tell(found)
    write_json(json, {"rows": rows, "n": found.queries, "left_out": found.left_out})


@app.command()
def recommend(
    context: typer.Context,
    split: Annotated[SplitName, typer.Option(help="How the log is divided.")] = SplitName.LEAVE_ONE_OUT,
    cut: Annotated[str, typer.Option(help="Time split: fit on what lies before this moment (ISO 8601).")] = "",
    days: Annotated[int, typer.Option(min=1, help="Time split: days to guess.")] = 28,
    k: Annotated[int | None, typer.Option("-k", min=1, max=100, help="Length of a page: 10, or 20 by time.")] = None,
    json: JsonFile = None,
) -> None:
    """Every model, the baselines and their blend, on full ranking. The starred system is what the shop serves."""
    settings: Settings = context.obj
    with opened_store(settings) as store:
        log, categories = store.interactions(), categories_of(store)
    if split is SplitName.TIME:
        if not cut:
            raise ConfigError("A time split needs its moment. Cure: --cut 2026-01-01")
        with progress("fit and ask") as tick:
            tables = compare_by_time(log, categories, cut=moment(cut), days=days, k=k or 20, tick=tick)
    else:
        with progress("fit and ask") as tick:
            tables = {"": compare_last_items(log, categories, k=k or 10, seed=SEED, progress=tick)}
    for name, found in tables.items():
        _show(name, found, k or (20 if split is SplitName.TIME else 10))
    first = next(iter(tables.values()))
    others = {name: found.evaluation.as_json() for name, found in tables.items() if found is not first}
    write_json(json, first.evaluation.as_json() | others)


def compare_by_time(
    log: Interactions, categories: Categories, *, cut: Millis, days: int, k: int, tick: Tick
) -> dict[str, Table]:
    """Train on what lies before the cut, then compare on the days from it."""
    trained = train(log, categories, seed=SEED, until=cut, progress=lambda _, done, steps: tick(done, steps))
    return compare_next_days(trained.bundle, log, categories, cut=cut, days=days, k=k, seed=SEED, progress=tick)


def _show(name: str, found: Table, k: int) -> None:
    metrics = [f"{metric}@{k}" for metric in ("ndcg", "hr", "mrr", "recall", "precision", "coverage")]
    title = {"all": "All purchases", "new": "New items"}.get(name, "Recommendation")
    metric_table(f"{title}: {found.evaluation.n} users", [row.as_json() for row in found.evaluation.rows], metrics)
    say(f"Terms: {found.evaluation.note}")
    lines = [[metric, c.difference, c.low, c.high, c.p] for metric, c in found.comparison.items()]
    table(f"{SHIPPED} minus {found.rival} (paired bootstrap)", ["metric", "difference", "low", "high", "p"], lines)


def _tell(found: SearchTable) -> None:
    ours, rival = found.compared
    lines = [[name, c.difference, c.low, c.high, c.p] for name, c in found.comparison.items()]
    table(f"{ours} minus {rival} (paired bootstrap)", ["metric", "difference", "low", "high", "p"], lines)
    cure = "zhanggui train fusion --queries … --qrels …"
    say(f"Fitted on all queries, words count {found.fitted.weight:g}. To serve that: {cure}")
    if found.left_out:
        say(f"{found.left_out} queries have no relevant product and were left out.")
