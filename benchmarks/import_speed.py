"""Lines a second and peak memory of importing events into SQLite.

Makes a JSONL file of its own (1 % of the lines broken), imports it, and checks that no good line was lost:

    python benchmarks/import_speed.py [--lines 1000000]
"""

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from zhanggui.core.clock import iso
from zhanggui.core.ids import Millis
from zhanggui.data.importing import import_events
from zhanggui.data.store import open_store


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    lines = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.jsonl"
        broken = write_events(file, lines)
        store = open_store(Path(folder) / "shop.db")
        start, cpu = time.perf_counter(), time.process_time()
        report = import_events(store, [file], rejects=Path(folder) / "rejects.jsonl")
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        assert (report.written, report.rejected) == (lines - broken, broken) == (store.totals().events, broken)
        store.close()
    print(
        json.dumps(
            {
                "lines": lines,
                "rejected": broken,
                "seconds": round(seconds, 1),
                "lines_per_second": round(lines / seconds),
                "cpu_seconds": round(cpu, 1),
                "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            }
        )
    )


def write_events(file: Path, lines: int) -> int:
    """Write a log of purchases in time order; return how many lines are broken."""
    random.seed(0)
    broken = 0
    with file.open("w") as stream:
        for n in range(lines):
            event = {
                "user_id": f"u{random.randrange(20_000)}",
                "type": "purchase",
                "time": iso(Millis(1_500_000_000_000 + 1000 * (n // 3))),
                "item_id": f"i{min(int(random.paretovariate(0.6)), 80_000)}",
                "order_id": f"o{n // 10}",
                "value": round(random.uniform(0.5, 20), 2),
                "quantity": random.choice((1, 1, 1, 2)),
                "place": f"p{n % 400}",
                "channel": "store",
            }
            bad = n % 100 == 50
            broken += bad
            stream.write(json.dumps(event)[: 60 if bad else None] + "\n")
    return broken


if __name__ == "__main__":
    main()
