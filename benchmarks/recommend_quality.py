"""Leave-one-out on the ids of Beauty and Toys: every model and the blend, and popularity as it was published.

    ZHANGGUI_DEV_DATA=DIR python -m benchmarks.recommend_quality [Beauty] [Toys_and_Games]

The time split on real purchases is `zhanggui demo --once`.
"""

import argparse
import os
from pathlib import Path

from zhanggui.core.interactions import Interactions
from zhanggui.data.datasets import read_sequences
from zhanggui.data.splits import leave_one_out
from zhanggui.evaluation.ranking import evaluate
from zhanggui.evaluation.rows import Row
from zhanggui.models.popularity import Popularity
from zhanggui.training.comparing import compare_last_items

K = 10
SEED = 1


def main() -> None:
    """Print one table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=["Beauty", "Toys_and_Games"])
    given = parser.parse_args()
    for name in given.sets:
        log = read_sequences(Path(os.environ["ZHANGGUI_DEV_DATA"]) / "s3rec_ids" / f"{name}.txt")
        found = compare_last_items(log, {}, k=K, seed=SEED)
        print(f"\n{name}: {found.evaluation.n} users; {found.evaluation.note}")
        for row in (*found.evaluation.rows, as_published(log)):
            print(line(row))
        gap = found.comparison[f"ndcg@{K}"]
        print(f"  blend - {found.rival}: {gap.difference:+.4f} [{gap.low:+.4f} {gap.high:+.4f}] p {gap.p:.3f}")


def as_published(log: Interactions) -> Row:
    """Return popularity fitted on the whole log, the tested items included, as the published rows were."""
    return evaluate({"popularity, tests counted in": Popularity().fit(log)}, leave_one_out(log), k=K, seed=SEED).rows[0]


def line(row: Row) -> str:
    """Return a row as text: NDCG and hit rate with their intervals."""
    cells = [f"{m} {row.metrics[m]:.4f} [{row.low[m]:.4f} {row.high[m]:.4f}]" for m in (f"ndcg@{K}", f"hr@{K}")]
    return f"{'*' if row.shipped else ' '} {row.system:30s} {'   '.join(cells)}"


if __name__ == "__main__":
    main()
