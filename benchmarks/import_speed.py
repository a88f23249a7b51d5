"""Lines a second and peak memory of importing events into SQLite, and of opening what was imported.

Makes a JSONL file of its own (1 % of the lines broken), imports it, and checks that no good line was lost. Then other
processes open the online state, first from the Store (the whole log as columns), then from the snapshot of the first:

    python -m benchmarks.import_speed [--lines 1000000] [--users 20000]
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from zhanggui.core.clock import SystemClock, iso
from zhanggui.core.ids import Millis
from zhanggui.data.importing import import_events
from zhanggui.data.store import open_store
from zhanggui.engine.state_file import StateFile
from zhanggui.state.memory import MemoryState


def main() -> None:
    """Print one JSON line for the import and one for each opening."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--open", type=Path, help="only open the online state of this folder")
    given = parser.parse_args()
    if given.open:
        return opened(given.open)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        imported(folder, given.lines, given.users)
        for _ in range(2):
            subprocess.run([sys.executable, "-m", "benchmarks.import_speed", "--open", name], check=True)


def imported(folder: Path, lines: int, users: int) -> None:
    """Import a log of so many lines into `shop.db` of the folder."""
    file = folder / "events.jsonl"
    broken = write_events(file, lines, users=users)
    store = open_store(folder / "shop.db")
    start, cpu = time.perf_counter(), time.process_time()
    report = import_events(store, [file], rejects=folder / "rejects.jsonl")
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert (report.written, report.rejected) == (lines - broken, broken) == (store.totals().events, broken)
    store.close()
    size = (folder / "shop.db").stat().st_size
    rates = {"lines_per_second": round(lines / seconds), "cpu_seconds": round(cpu, 1), "bytes_per_line": size // lines}
    told("import", seconds, {"lines": lines, "rejected": broken, **rates})


def opened(folder: Path) -> None:
    """Open the online state as a shop does, and keep it as a shop does at its end."""
    start = time.perf_counter()
    store = open_store(folder / "shop.db")
    state = MemoryState(clock=SystemClock())
    kept = StateFile(state, folder / "online.npz")
    fresh = not (folder / "online.npz").exists()
    kept.open(store)
    ready = time.perf_counter() - start
    kept.save()
    store.close()
    first = state.users(k=1)[0]
    name = "open from the Store" if fresh else "open from the snapshot"
    size = (folder / "online.npz").stat().st_size >> 20
    told(name, ready, {"acts_of_one": len(state.history(first)), "snapshot_mb": size})


def told(name: str, seconds: float, more: dict[str, object]) -> None:
    """Print what was done and the highest memory that it took."""
    memory = {"peak_memory_mb": status("VmHWM"), "resident_mb": status("VmRSS")}
    print(json.dumps({"what": name, "seconds": round(seconds, 1), **memory, **more}), flush=True)


def status(field: str) -> int:
    """Return a figure of this process, in MB: VmRSS is the memory in use, VmHWM the most there ever was."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith(field))


def write_events(file: Path, lines: int, *, users: int = 20_000) -> int:
    """Write a log of purchases in time order; return how many lines are broken."""
    random.seed(0)
    broken = 0
    with file.open("w") as stream:
        for n in range(lines):
            event = {
                "user_id": f"u{random.randrange(users)}",
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
