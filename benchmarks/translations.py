"""Retrieval from one language into the other: 300 shop titles, translated by hand, look for their originals.

    ZHANGGUI_DEV_DATA=DIR python -m benchmarks.translations [ENCODER [ENCODER]] [--distractors 2000] [--cache DIR]

An ENCODER is a name or a folder. English queries (150) look among Chinese titles of `zh_search`, Chinese queries (150)
among English ones of `icecat_en`, `fashion_products` and `amazon_games`; beside the right titles stand `--distractors`
others of the same sets (0: all there are). `translations.tsv` holds ids and our translations, no title. The rule that
chose the titles: 75 each of the two files of `zh_search` with 16 to 32 characters, 50 each of the English sets with 20
to 60, unique within their file, in the order of the BLAKE2b of their id. With two encoders the second is compared with
the first, query by query (paired bootstrap). Where an encoder tells of tokens, a second pair of figures is by them.
"""

import argparse
import csv
import gzip
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.search_quality import kept_encoder
from zhanggui.core.errors import InputError
from zhanggui.core.interactions import Floats, Longs
from zhanggui.core.protocols import Encoder
from zhanggui.encoders import DEFAULT, LateEncoder
from zhanggui.evaluation.bootstrap import interval, paired
from zhanggui.evaluation.hit_rate import hit_rate
from zhanggui.evaluation.mrr import mrr
from zhanggui.retrieval.fusion import BY_TOKENS, Fusion, with_tokens

TRANSLATIONS = Path(__file__).with_suffix(".tsv")
CHINESE = ("zh_search",)
ENGLISH = ("icecat_en", "fashion_products", "amazon_games")
DEPTH = 10
_BATCH = 64

Title = tuple[str, str, str]
"""Set, id, text."""

Metrics = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Question:
    """Translations that look for titles: query q wants every title that reads as `wanted[q]`."""

    name: str
    queries: tuple[str, ...]
    wanted: tuple[str, ...]
    titles: tuple[str, ...]


def main() -> None:
    """Print a table for each direction."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoders", nargs="*", default=[DEFAULT], metavar="ENCODER", help="one or two")
    parser.add_argument("--distractors", type=int, default=2000)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "zhanggui-vectors")
    given = parser.parse_args()
    if len(given.encoders) > 2:
        parser.error("one or two encoders are compared")
    data = Path(os.environ["ZHANGGUI_DEV_DATA"])
    questions = read_questions(data, distractors=given.distractors)
    for question in questions:
        print(f"\n{question.name}: {len(question.queries)} queries, {len(question.titles)} titles")
        results = []
        for name in given.encoders:
            results.append(measured(kept_encoder(name, given.cache), question))
            _show(name, results[-1])
        if len(results) == 2:
            _compare(*results)


def read_questions(data: Path, *, distractors: int) -> list[Question]:
    """Return English → Chinese and Chinese → English."""
    with TRANSLATIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        _question(name, rows, [title for part in sets for title in READERS[part](data)], sets, distractors)
        for name, sets in (("English to Chinese", CHINESE), ("Chinese to English", ENGLISH))
    ]


def measured(encoder: Encoder, question: Question) -> Metrics:
    """Return `mrr@10` and `hit@1`, each by query; exact search, ties in the order of the catalogue.

    Of an encoder that keeps tokens also with the best ordered by these, as search does it.
    """
    cosines = encoded(encoder.queries, question.queries) @ encoded(encoder.passages, question.titles).T
    best = np.argsort(-cosines, axis=1, kind="stable")
    found = {"": best[:, :DEPTH]}
    if isinstance(encoder, LateEncoder):
        rows = zip(question.queries, cosines, best[:, :BY_TOKENS], strict=True)
        found[" with tokens"] = np.stack([_by_tokens(encoder, question, *row) for row in rows])[:, :DEPTH]
    names = np.array(question.titles, dtype=object)
    told: Metrics = {}
    for how, rows in found.items():
        hits = names[rows] == np.array(question.wanted, dtype=object)[:, None]
        told |= {f"mrr@10{how}": mrr(hits, k=DEPTH), f"hit@1{how}": hit_rate(hits, k=1)}
    return told


def _by_tokens(late: LateEncoder, question: Question, query: str, cosines: Floats, best: Longs) -> Longs:
    fused = Fusion()(np.full(len(best), np.nan, np.float32), cosines[best])
    met = late.score(query, [question.titles[at] for at in best])
    return best[np.argsort(-with_tokens(fused, met, query), kind="stable")]


def _question(
    name: str, rows: Iterable[dict[str, str]], titles: Sequence[Title], sets: Sequence[str], distractors: int
) -> Question:
    known = {(part, number): text for part, number, text in titles}
    mine = [row for row in rows if row["set"] in sets]
    if lost := [row["id"] for row in mine if (row["set"], row["id"]) not in known]:
        raise InputError(f"{len(lost)} translated titles are not in the data, the first is {lost[0]!r}. Mend the data.")
    wanted = [known[row["set"], row["id"]] for row in mine]
    others = [title for title in sorted(titles, key=_place) if title[2] not in set(wanted)]
    shelf = dict.fromkeys([*wanted, *(text for _, _, text in others[: distractors or len(others)])])
    return Question(name, tuple(row["translation"] for row in mine), tuple(wanted), tuple(shelf))


def _place(title: Title) -> tuple[bytes, str]:
    """Return the place in an order that has nothing to do with what the titles say."""
    return hashlib.blake2b(f"{title[0]} {title[1]}".encode(), digest_size=8).digest(), title[0]


def encoded(encode: Callable[[Sequence[str]], Floats], texts: Sequence[str]) -> Floats:
    """Return the vectors of texts (n, dim), in their order."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))  # like lengths together: less padding
    parts = [encode([texts[at] for at in order[n : n + _BATCH]]) for n in range(0, len(order), _BATCH)]
    found = np.concatenate(parts)
    return np.asarray(found[np.argsort(order)], np.float32)


def _show(name: str, metrics: Metrics) -> None:
    cells = []
    for metric, values in metrics.items():
        low, high = interval(values)
        cells.append(f"{metric} {values.mean():.3f} [{low:.3f} {high:.3f}]")
    print(f"  {name:40s} {'  '.join(cells)}")


def _compare(ours: Metrics, theirs: Metrics) -> None:
    for metric in ours:
        gap = paired(theirs[metric], ours[metric])
        print(f"  {metric}: second - first = {gap.difference:+.3f} [{gap.low:+.3f} {gap.high:+.3f}] p {gap.p:.3f}")


def _zh_search(data: Path) -> list[Title]:
    files = [data / "zh_search" / name for name in ("titles_multicpr.tsv", "titles_extra.tsv")]
    return [("zh_search", *_two(line)) for file in files for line in file.read_text("utf-8").splitlines()]


def _icecat(data: Path) -> list[Title]:
    with gzip.open(data / "icecat_en" / "products.jsonl.gz", "rt", encoding="utf-8") as file:
        return [("icecat_en", str(record["id"]), str(record["title"])) for record in map(json.loads, file)]


def _fashion(data: Path) -> list[Title]:
    with (data / "fashion_products" / "products.csv").open(encoding="utf-8", newline="") as file:
        return [("fashion_products", row["id"], row["productDisplayName"]) for row in csv.DictReader(file)]


def _games(data: Path) -> list[Title]:
    lines = (data / "amazon_games" / "items.tsv").read_text("utf-8").splitlines()
    return [("amazon_games", *_two(line)) for line in lines[1:]]


def _two(line: str) -> tuple[str, str]:
    number, _, text = line.partition("\t")
    return number, text


READERS: dict[str, Callable[[Path], list[Title]]] = {
    "zh_search": _zh_search,
    "icecat_en": _icecat,
    "fashion_products": _fashion,
    "amazon_games": _games,
}


if __name__ == "__main__":
    main()
