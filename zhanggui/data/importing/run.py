"""Import files into a Store: read, build, write, and account for every line."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from zhanggui.core.protocols import Store
from zhanggui.data.importing.batch import Batch
from zhanggui.data.importing.formats import FORMATS, Format
from zhanggui.data.importing.kinds import EVENTS, PRODUCTS, Kind
from zhanggui.data.importing.rejects import Rejects
from zhanggui.data.importing.report import ImportReport
from zhanggui.data.importing.sinks import EventSink, ProductSink, Sink
from zhanggui.data.importing.source import Source

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are done."""


def _silent(_done: int, _total: int) -> None:
    pass


def import_products(
    store: Store,
    paths: Sequence[Path],
    *,
    rejects: Path,
    format: str | Format = "auto",
    progress: Progress = _silent,
    strict: bool = False,
) -> ImportReport:
    """Put the products of files into a Store; lines that break the contract go to the file `rejects`.

    Raises InputError when a file cannot be read at all (before anything is written) or breaks off (what was read
    before stays; importing again is harmless), UnknownNameError for a format that nobody knows, StoreError.
    `strict` changes nothing but the report's `exit_code`.
    """
    job = _Job(ProductSink(store), PRODUCTS, format, progress)
    return job.run(paths, rejects, strict)


def import_events(
    store: Store,
    paths: Sequence[Path],
    *,
    rejects: Path,
    format: str | Format = "auto",
    progress: Progress = _silent,
    strict: bool = False,
) -> ImportReport:
    """Append the events of files to a Store; as `import_products`. Events known already count as repeated."""
    job = _Job(EventSink(store), EVENTS, format, progress)
    return job.run(paths, rejects, strict)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Let the garbage collector look seldom: batches of fresh objects without cycles make it work for nothing."""
    before = gc.get_threshold()
    gc.set_threshold(before[0] and max(before[0], 200_000), *before[1:])  # 0: somebody switched it off
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Job:
    """One import under way."""

    def __init__(self, sink: Sink, kind: Kind, format: str | Format, progress: Progress) -> None:
        self._sink, self._kind, self._progress = sink, kind, progress
        FORMATS.load_plugins()
        self._format = FORMATS.make(format) if isinstance(format, str) else format
        self._counts = Counter[str]()
        self._unknown = Counter[str]()

    def run(self, paths: Sequence[Path], rejects: Path, strict: bool) -> ImportReport:
        sources = self._format.sources(paths, self._kind)
        total, done = sum(source.size for source in sources), 0
        with Rejects(rejects) as aside, seldom_collecting():
            for source in sources:
                self._sink.begin()
                for batch in self._format.read(source, self._kind):
                    self._take(source, batch, aside)
                    self._progress(done + batch.done, total)
                done += source.size
        self._progress(total, total)
        return self._report(len(sources), aside, strict)

    def _take(self, source: Source, batch: Batch, aside: Rejects) -> None:
        receipt, broken = self._sink.put(batch)
        for reject in sorted((*batch.rejects, *broken), key=lambda reject: reject.line):
            aside.add(source.path, reject)
        self._counts.update(lines=len(batch.records) + len(batch.rejects))
        self._counts.update(written=receipt.written, repeated=receipt.repeated)
        for shape, count in batch.shapes().items():
            for name in set(shape) - self._kind.fields:
                self._unknown[name] += count

    def _report(self, files: int, aside: Rejects, strict: bool) -> ImportReport:
        counts = self._counts
        return ImportReport(
            files=files,
            lines=counts["lines"],
            written=counts["written"],
            repeated=counts["repeated"],
            rejected=aside.count,
            flagged=self._sink.flagged,
            unknown_columns=dict(sorted(self._unknown.items())),
            rejects=aside.path if aside.count else None,
            strict=strict,
        )
