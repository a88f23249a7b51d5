"""Run every benchmark, or those named: `python -m benchmarks [NAME ...]`. Each is a module with its own process."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def main(wanted: list[str]) -> int:
    if unknown := sorted(set(wanted) - set(NAMES)):
        print(f"No benchmark named {', '.join(unknown)}. Known: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    worst = 0
    for name in wanted or NAMES:
        print(f"\n== {name}: python -m benchmarks.{name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
