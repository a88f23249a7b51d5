"""Run a target under atheris: coverage-guided, with libFuzzer's arguments, from a seed corpus made by code.

A target takes bytes and raises only for what is a bug. `python -m tests.fuzz.importers -max_total_time=600` fuzzes for
ten minutes; a folder among the arguments keeps the corpus; `python -m tests.fuzz.importers FILE` runs one input again.
"""

import sys
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

Target = Callable[[bytes], None]
DEFAULTS = ("-max_len=4096", "-timeout=30", "-rss_limit_mb=3000", "-print_final_stats=0")


def fuzz(make: Callable[[], Target], seeds: Callable[[], Iterable[bytes]]) -> None:
    """Fuzz until libFuzzer ends the process. `make` imports what is fuzzed, so that it is instrumented."""
    with atheris.instrument_imports(include=["zhanggui"]):
        target = make()
    with TemporaryDirectory(prefix="zhanggui-fuzz-") as folder:
        for seed in seeds():
            (Path(folder) / blake2b(seed, digest_size=8).hexdigest()).write_bytes(seed)
        given = [word for word in sys.argv[1:] if not word.startswith("-")]
        atheris.Setup([sys.argv[0], *DEFAULTS, *sys.argv[1:], *([] if any(map(is_file, given)) else [folder])], target)
        atheris.Fuzz()


def is_file(word: str) -> bool:
    return Path(word).is_file()
