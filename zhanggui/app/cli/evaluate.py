"""`zhanggui evaluate search | recommend`: systems side by side, with intervals."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.build import current_release, fusion_of, opened_store, shop_encoder
from zhanggui.app.cli.screen import metric_table, progress, say, table, write_json
from zhanggui.app.cli.train import judged
from zhanggui.app.probing import probe_index
from zhanggui.app.releasing import SEED
from zhanggui.app.settings import Settings
from zhanggui.core.errors import ConfigError
from zhanggui.training.fusion import SearchTable, evaluate_search

app = typer.Typer(help="Measure search or recommendation beside the baselines.", no_args_is_help=True)

JsonFile = Annotated[Path | None, typer.Option("--json", help="Write what the table shows to this file.")]


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
    queries: Annotated[Path, typer.Option(help="query_id<TAB>text.")],
    qrels: Annotated[Path, typer.Option(help="query_id 0 item_id grade.")],
    json: JsonFile = None,
) -> None:
    """BM25, meaning and every fusion of both, on judged queries. The starred system is what the shop serves."""
    settings: Settings = context.obj
    judgments = judged(queries, qrels)
    if judgments is None:
        raise ConfigError("Judged queries are needed. Cure: --queries FILE --qrels FILE")
    encoder = shop_encoder(settings)
    shipped = fusion_of(current_release(settings.home))
    with opened_store(settings) as store, progress("meaning") as tick:
        with probe_index(settings, store, encoder, tick=tick) as index:
            found = evaluate_search(index, encoder, judgments, seed=SEED, shipped=shipped)
    rows = [row.as_json() for row in found.rows]
    metric_table(f"Search: {found.queries} judged queries", rows, ["ndcg@10", "mrr@10", "recall@10"])
    _tell(found)
    write_json(json, {"rows": rows, "n": found.queries, "left_out": found.left_out})


def _tell(found: SearchTable) -> None:
    ours, rival = found.compared
    lines = [[name, c.difference, c.low, c.high, c.p] for name, c in found.comparison.items()]
    table(f"{ours} minus {rival} (paired bootstrap)", ["metric", "difference", "low", "high", "p"], lines)
    cure = "zhanggui train fusion --queries … --qrels …"
    say(f"Fitted on all queries, words count {found.fitted.weight:g}. To serve that: {cure}")
    if found.left_out:
        say(f"{found.left_out} queries have no relevant product and were left out.")
