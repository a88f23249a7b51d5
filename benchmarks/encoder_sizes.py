"""What each way of making the encoder smaller costs and saves: size, speed, nearness to fp32, quality of search.

    [ZHANGGUI_DEV_DATA=DIR] python -m benchmarks.encoder_sizes [--titles 1000] [--words 20000] [--base DIR] [--spare MB]

Needs the extra [train]. MB are those of all files, of the graph of queries, too. Every line is measured in a process of
its own, on one thread, in seconds of the processor (so that others on the machine count little). Words are pruned to
those of the titles and (with the development data) of the unlabelled queries, beside the single characters and the
`--words` most frequent pieces. MRR@10 is that of the judged Chinese queries over so many titles, the relevant ones
among them: compare lines, not with figures over the whole catalogue. Fewer layers without training again are here to
show what distillation has to win back.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.encoder_speed import QUERIES, titles
from zhanggui.core.interactions import Floats
from zhanggui.encoders import DEFAULT, open_encoder


@dataclass(frozen=True, slots=True)
class Texts:
    """What is encoded. `relevant` holds for each query the row of its title; empty without the development data."""

    queries: list[str]
    titles: list[str]
    relevant: list[int]
    words_of: list[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table."""

    megabytes: float
    milliseconds: float
    texts_a_second: float
    queries: Floats
    titles: Floats


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--titles", type=int, default=1000)
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--spare", type=float, default=4.0, help="MB that calibration may leave in fp32")
    parser.add_argument("--base", default=DEFAULT, help="name or folder, as zhanggui.training.language.base opens it")
    given = parser.parse_args()
    texts = _texts(given.titles)
    with tempfile.TemporaryDirectory() as cache:
        names = alone(_export, Path(cache), texts, given.base, given.words, int(given.spare * 1e6))
        exact = alone(_measure, Path(cache), "fp32", texts)
        print(f"{'':26s}    MB  ms/query  texts/s  cosine to fp32: mean, least   MRR@10")
        for name in names:
            _show(name, exact if name == "fp32" else alone(_measure, Path(cache), name, texts), exact, texts)


def _show(name: str, line: Measured, exact: Measured, texts: Texts) -> None:
    near = np.einsum("nd,nd->n", line.titles, exact.titles)
    quality = f"{_mrr(line, texts.relevant):.3f}" if texts.relevant else "-"
    speed = f"{line.milliseconds:9.2f} {line.texts_a_second:8.0f}"
    print(
        f"{name:26s} {line.megabytes:5.0f} {speed}        {near.mean():.5f}  {near.min():.5f}      {quality}",
        flush=True,
    )


def _texts(count: int) -> Texts:
    if "ZHANGGUI_DEV_DATA" not in os.environ:
        shelf = titles(count)
        return Texts(QUERIES * 7, shelf, [], shelf)
    folder = Path(os.environ["ZHANGGUI_DEV_DATA"]) / "zh_search"
    shelf = {**_table(folder / "titles_multicpr.tsv"), **_table(folder / "titles_extra.tsv")}
    queries = _table(folder / "queries.tsv")
    right = {row.split()[0]: row.split()[2] for row in (folder / "qrels.tsv").read_text("utf-8").splitlines()}
    others = [title for title in shelf if title not in set(right.values())]
    drawn = np.random.default_rng(0).permutation(len(others))[: count - len(right)]
    chosen = [*right.values(), *(others[row] for row in drawn)]
    words_of = [*shelf.values(), *_table(folder / "multicpr_train_queries.tsv").values()]
    return Texts([queries[key] for key in right], [shelf[key] for key in chosen], list(range(len(right))), words_of)


def _table(path: Path) -> dict[str, str]:
    rows = (line.split("\t", 1) for line in path.read_text("utf-8").splitlines())
    return {key: text for key, text in rows}


def _export(folder: Path, texts: Texts, base_name: str, words: int, spare: int) -> list[str]:
    """Write every variant into a folder of its name; return the names."""
    from zhanggui.training.language.base import open_base
    from zhanggui.training.language.export.folder import FULL, Smaller, export_encoder
    from zhanggui.training.language.export.shape import spread
    from zhanggui.training.language.export.words import kept_ids

    base = open_base(base_name, cache=folder)
    layers = base.model.config.num_hidden_layers
    prefixed = [base.recipe.query_prefix, *(base.recipe.passage_prefix + text for text in texts.words_of)]
    kept = kept_ids(base.tokenizer, prefixed, frequent=words)
    print(f"{len(kept)} of {base.tokenizer.get_vocab_size()} words kept", file=sys.stderr)
    small = Smaller(tokens=kept)
    variants = {
        "fp32": FULL,
        "int8, words 4 bits": Smaller(word_bits=4),
        "int8, words pruned": small,
        "  and 4 bits": replace(small, word_bits=4),
        "  and blocks of 128": replace(small, block=128),
        "  and calibrated": replace(small, calibration=texts.titles[-48:], spare_bytes=spare),
        "  and 6 layers": replace(small, layers=spread(6, of=layers)),
        "  and 3 layers": replace(small, layers=spread(3, of=layers)),
    }
    for name, smaller in variants.items():
        export_encoder(base, folder / name, smaller)
    return (["as shipped"] if base_name == DEFAULT else []) + list(variants)


def _measure(cache: Path, name: str, texts: Texts) -> Measured:
    encoder = open_encoder(cache=cache) if name == "as shipped" else open_encoder(str(cache / name), cache=cache)
    files = cache.glob(f"{DEFAULT}-*.onnx") if name == "as shipped" else (cache / name).iterdir()
    size = sum(path.stat().st_size for path in files) / 1e6
    encoder.queries(QUERIES)
    begun = time.process_time()
    shelf = encoder.passages(texts.titles)
    rate = len(shelf) / (time.process_time() - begun)
    asked = encoder.queries(texts.queries)
    return Measured(size, _median(encoder.queries, texts.queries), rate, asked, shelf)


def _median(encode: Callable[[Sequence[str]], object], queries: Sequence[str]) -> float:
    """Return the median of 150 queries never asked before, in ms."""
    times = []
    for number in range(150):
        begun = time.process_time()
        encode([f"{queries[number % len(queries)]} {number}"])
        times.append(time.process_time() - begun)
    return float(np.median(times) * 1000)


def _mrr(line: Measured, relevant: list[int]) -> float:
    scores = line.queries @ line.titles.T
    places = 1 + (scores > scores[np.arange(len(relevant)), relevant][:, None]).sum(axis=1)
    return float(np.where(places <= 10, 1 / places, 0).mean())


def alone(run: Callable[..., Any], *arguments: object) -> Any:
    """Run in a new process with one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run, *arguments).result()


if __name__ == "__main__":
    main()
