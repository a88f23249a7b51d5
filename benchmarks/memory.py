"""Memory of a shop under steady load, in one process and faster than time: what grows, and by how much.

    python -m benchmarks.memory [--minutes 60] [--every 5] [--only changes,reads]

The load of `benchmarks.soak` put to the shop without HTTP, by sixteen threads; a minute is a minute of that load, not
of the machine's clock. Resident memory is told by kind, after free memory was given back. Fails when the slope after
the first two minutes is above 1 MB/min.
"""

import argparse
import sys

from zhanggui.app.allocator import one_arena


def main() -> None:
    given = options()
    one_arena()
    from benchmarks._memory_load import run  # only now: libraries begin threads as they are loaded

    sys.exit(run(given))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--every", type=int, default=5, help="Minutes between two looks.")
    parser.add_argument("--only", default="reads,events,changes", help="Which kinds of requests.")
    parser.add_argument("--products", type=int, default=5000)
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--encoder", default="hash")
    parser.add_argument("--folder", help="Where the shop lives for so long; in memory (/dev/shm) it is quicker.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
