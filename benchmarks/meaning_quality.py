"""What fine-tuning won or lost: two encoders side by side on everything that was not trained on.

    ZHANGGUI_DEV_DATA=DIR python -m benchmarks.meaning_quality FIRST SECOND [--sets zh icecat …] [--ranker FOLDER]

An encoder is a name or a folder (`zhanggui train encoder` leaves one in its Release). Sets: `zh` and `icecat`, judged
queries over a catalogue, by meaning alone, fused with words (the fusion as it is served: default weight, the spread
measured without judgments), and with the best ordered by tokens; `attributes`, a title looks for what is said of its
properties; `same`, pairs of titles that are one thing or not; `qbqtc`, web queries and titles with grades. With
`--ranker`, a cross-encoder's folder, the best 20 of the second encoder's search (fused, and ordered by tokens where it
tells of any) are judged again, by the weight in its `blend.json` and by the cross-encoder alone. Differences are paired
bootstraps over queries or pairs.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.search_quality import chinese, filled, icecat, kept_encoder, met_by
from benchmarks.translations import encoded
from zhanggui.app.blending import BEST
from zhanggui.core.candidate import Candidate
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Judgments
from zhanggui.core.passage import passage
from zhanggui.core.product import Product
from zhanggui.core.protocols import Encoder
from zhanggui.encoders.cross_encoder import open_cross_encoder
from zhanggui.engine.rankers.cross_encoder import mixed
from zhanggui.engine.rankers.late_interaction import met_again
from zhanggui.evaluation.bootstrap import interval, paired
from zhanggui.evaluation.judged import judged, judged_queries
from zhanggui.retrieval.fusion import BY_TOKENS, Fusion, meaning_only, words_only
from zhanggui.training.fusion import Found, Met, by_tokens, deaf, find, measured_spread

Values = NDArray[np.float64]
Measured = dict[str, Values]
"""What is measured, by name: one value a query, or one row (score, label) a pair."""

JUDGED = "judged again, as served"
_PAIRS, _TITLES = 1_500, 1_000
_SAMPLES = 1000


def main() -> None:
    """Print a block for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoders", nargs=2, metavar="ENCODER")
    parser.add_argument("--sets", nargs="*", default=[*CATALOGUES, *OTHERS])
    parser.add_argument("--ranker", type=Path)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "zhanggui-vectors")
    given = parser.parse_args()
    data = Path(os.environ["ZHANGGUI_DEV_DATA"])
    encoders = [kept_encoder(name, given.cache) for name in given.encoders]
    for name in given.sets:
        print(f"\n{name}", flush=True)
        if name in CATALOGUES:
            ranker = given.ranker
            _compare(
                *[
                    searched(e, *CATALOGUES[name](data), given.cache, r)
                    for e, r in zip(encoders, (None, ranker), strict=True)
                ]
            )
        else:
            _compare(*[OTHERS[name](encoder, data) for encoder in encoders])


def searched(
    encoder: Encoder, products: list[Product], judgments: Judgments, cache: Path, ranker: Path | None
) -> Measured:
    """Return MRR@10 and nDCG@10 of words, meaning, both, and with the cross-encoder: (Q,) each."""
    with tempfile.TemporaryDirectory() as folder:
        index = filled(Path(folder), products, encoder, cache)
        queries = {name: judgments.queries[name] for name in judged_queries(judgments)}
        found = find(index, encoder, queries)
        fusion = Fusion(spread=measured_spread(index, encoder, list(queries.values())))
        index.close()
    runs = {
        "words": {name: one.ranked(words_only) for name, one in found.items()},
        "meaning": {name: [*one.nearest, *one.ranked(meaning_only)] for name, one in found.items()},
        "fused": {name: one.ranked(fusion) for name, one in found.items()},
    }
    met = met_by(encoder, products)
    if met is not None:
        runs["fused and tokens"] = {name: by_tokens(one, fusion, met, queries[name]) for name, one in found.items()}
        runs["meaning and tokens"] = {
            name: by_tokens(deaf(one), fusion, met, queries[name]) for name, one in found.items()
        }
    if ranker is not None:
        pages = {name: _page(one, fusion, met, queries[name]) for name, one in found.items()}
        runs |= judged_again(ranker, queries, pages, {product.item_id: passage(product) for product in products})
    return {
        f"{system} {metric}": values
        for system, run in runs.items()
        for metric, values in judged({q: list(dict.fromkeys(r)) for q, r in run.items()}, judgments).items()
        if metric in ("mrr@10", "ndcg@10")
    }


def judged_again(
    folder: Path, queries: Mapping[str, str], pages: Mapping[str, list[Candidate]], texts: Mapping[ItemId, str]
) -> dict[str, dict[str, list[ItemId]]]:
    """Return each query's ranking with its best ones in the order that the server would give them, and by logits."""
    scorer, weight = open_cross_encoder(folder, threads=2), json.loads((folder / "blend.json").read_text())["weight"]
    logits = {
        name: np.asarray(scorer.score(queries[name], [texts[one.item] for one in page[:BEST]]), np.float64)
        for name, page in pages.items()
    }
    return {
        system: {
            name: [one.item for one in [*mixed(page[:BEST], logits[name], weight=counts), *page[BEST:]]]
            for name, page in pages.items()
        }
        for system, counts in ((JUDGED, weight), ("cross-encoder alone", 1.0))
    }


def _page(found: Found, fusion: Fusion, met: Met | None, query: str) -> list[Candidate]:
    """Return what one query found as it is served, best first, with scores."""
    scores = dict(zip(found.items, fusion(found.lexical, found.dense).tolist(), strict=True))
    ranked = [Candidate(item, (), scores[item]) for item in found.ranked(fusion)]
    if met is None or len(ranked) < 2:
        return ranked
    best = ranked[:BY_TOKENS]
    return [*met_again(best, met(query, [one.item for one in best]), query=query), *ranked[BY_TOKENS:]]


def attributes(encoder: Encoder, data: Path) -> Measured:
    """Return the reciprocal rank of each title's own properties among those of a thousand items: (N,)."""
    items = [json.loads(line) for line in (data / "zh_search" / "openbg_items.jsonl").open(encoding="utf-8")]
    chosen = np.random.default_rng(0).permutation(len(items))[:_TITLES].tolist()
    items = [items[at] for at in chosen]
    said = [" ".join(dict.fromkeys(item["attrs"].replace("#;#", " ").replace("#:#", " ").split())) for item in items]
    scores = encoded(encoder.queries, [i["title"] for i in items]) @ encoded(encoder.passages, said).T
    ranks = 1 + (scores > np.diag(scores)[:, None]).sum(axis=1)
    return {"mrr@10": np.where(ranks <= 10, 1 / ranks, 0.0)}


def same(encoder: Encoder, data: Path) -> Measured:
    """Return cosine and label of pairs of titles, (N, 2)."""
    rows = [line.split("\t") for line in (data / "zh_search" / "same_item_pairs.tsv").read_text("utf-8").splitlines()]
    return _pairs(encoder, [(row[0], row[1], float(row[2] == "相同")) for row in rows])


def qbqtc(encoder: Encoder, data: Path) -> Measured:
    """Return cosine and label (relevant at all) of queries and titles of the web, (N, 2)."""
    lines = (data / "qbqtc" / "dev20k.json").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    chosen = np.random.default_rng(0).permutation(len(rows))[:_PAIRS].tolist()
    return _pairs(encoder, [(rows[at]["query"], rows[at]["title"], float(int(rows[at]["label"]) > 0)) for at in chosen])


def _pairs(encoder: Encoder, rows: Sequence[tuple[str, str, float]]) -> Measured:
    lefts, rights = encoded(encoder.queries, [r[0] for r in rows]), encoded(encoder.passages, [r[1] for r in rows])
    return {"auc": np.column_stack([np.einsum("nd,nd->n", lefts, rights), [row[2] for row in rows]])}


def auc(pairs: Values) -> float:
    """Return how often a positive pair scores above a negative one; (N, 2) of score and label.

    >>> auc(np.array([[0.9, 1.0], [0.1, 0.0], [0.5, 0.0]]))
    1.0
    """
    _, places, counts = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    positive = pairs[:, 1] > 0
    most = positive.sum()
    return float((ranks[positive].sum() - most * (most + 1) / 2) / max(most * (~positive).sum(), 1))


def _compare(first: Measured, second: Measured) -> None:
    for name, ours in second.items():
        theirs = first.get(name)
        if ours.ndim == 2 and theirs is not None:
            _compare_auc(name, theirs, ours)
            continue
        low, high = interval(ours)
        told = f"{theirs.mean():.3f}" if theirs is not None else "  -  "
        rival = "second - first" if theirs is not None else f"to {_served(name, second)}"
        gap = paired(ours, theirs if theirs is not None else second[_served(name, second)])
        print(
            f"  {name:32s} first {told}  second {ours.mean():.3f} [{low:.3f} {high:.3f}]  "
            f"{rival} {gap.difference:+.3f} "
            f"[{gap.low:+.3f} {gap.high:+.3f}] p {gap.p:.3f}",
            flush=True,
        )


def _served(name: str, measured: Measured) -> str:
    """Return what the page is without the cross-encoder, by the same metric."""
    metric = name.rsplit(" ", 1)[-1]
    return next(one for one in (f"fused and tokens {metric}", f"fused {metric}") if one in measured)


def _compare_auc(name: str, first: Values, second: Values) -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(first), (_SAMPLES, len(first)))
    gaps = [auc(second[some]) - auc(first[some]) for some in rows]
    low, high = np.quantile(gaps, [0.025, 0.975])
    print(
        f"  {name:32s} first {auc(first):.3f}  second {auc(second):.3f}  second - first "
        f"{auc(second) - auc(first):+.3f} [{low:+.3f} {high:+.3f}]",
        flush=True,
    )


CATALOGUES: Mapping[str, Callable[[Path], tuple[list[Product], Judgments]]] = {"zh": chinese, "icecat": icecat}
OTHERS: Mapping[str, Callable[[Encoder, Path], Measured]] = {"attributes": attributes, "same": same, "qbqtc": qbqtc}

if __name__ == "__main__":
    main()
