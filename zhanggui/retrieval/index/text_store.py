"""The text index in its folder: opened, or made anew when it is torn, of another version or of another analyser."""

import math
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from operator import itemgetter
from pathlib import Path

import numpy as np
import orjson
import tantivy

from zhanggui.core.errors import StoreError
from zhanggui.core.interactions import Floats, Longs
from zhanggui.retrieval.index.document import MARK, Document
from zhanggui.retrieval.index.footers import is_whole
from zhanggui.retrieval.index.schema import VERSION, WEIGHTS, QueryMaker, note, schema, to_tantivy

_HEAP = 64_000_000
_REMEMBERED = 20_000
"""Tokens of which one view of the index remembers how many products have them: a query asks for each several times."""
_FAULTS = (ValueError, OSError, KeyError)


class Searcher:
    """A point-in-time view of the text index that speaks of rows."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher
        self._held: dict[tuple[str, str], int] = {}

    def count(self, query: tantivy.Query) -> int:
        """Return how many products a query finds."""
        return int(self._searcher.search(query, limit=1, count=True).count)  # type: ignore[attr-defined]

    def rows(self, query: tantivy.Query) -> Longs:
        """Return the rows of all products that a query finds, ascending."""
        everything = max(1, self._searcher.num_docs)
        hits = self._searcher.search(
            query, limit=everything, count=False, order_by_field="row", order=tantivy.Order.Asc
        )
        return np.fromiter(map(itemgetter(0), hits.hits), np.int64, len(hits.hits))

    def scored(self, query: tantivy.Query, *, limit: int) -> tuple[Longs, Floats]:
        """Return the rows that a query finds with their scores, best first, ties by row."""
        hits = self._searcher.search(query, limit=max(1, limit), count=False).hits
        rows = np.array(self._searcher.fast_field_values("row", list(map(itemgetter(1), hits))), np.int64)
        scores = np.fromiter(map(itemgetter(0), hits), np.float32, len(hits))
        order = np.lexsort((rows, -scores))
        return rows[order], scores[order]

    def ideal(self, tokens: Sequence[tuple[str, int]]) -> float:
        """Return the BM25 of a product of average length that has each of these tokens once in each scored field."""
        n = self.holders("all", MARK) + self.holders("role", "note")
        return sum(times * weight * self._idf(field, token, n) for token, times in tokens for field, weight in WEIGHTS)

    def _idf(self, field: str, token: str, n: int) -> float:
        """Return the weight of a token as tantivy takes it: what was replaced counts until its segment is merged."""
        holders = self.holders(field, token)
        return math.log1p((n - holders + 0.5) / (holders + 0.5))

    def holders(self, field: str, token: str) -> int:
        """Return how many products have a token, and at most as many more as were replaced of late."""
        known = self._held.get((field, token))
        if known is None:
            if len(self._held) >= _REMEMBERED:
                self._held.clear()
            known = self._held[field, token] = int(self._searcher.doc_freq(field, token))
        return known

    def note(self) -> str:
        """Return what the index remembers of itself, empty for a new one."""
        query = tantivy.Query.term_query(schema(), "role", "note")
        hits = self._searcher.search(query, limit=1).hits
        return str(self._searcher.doc(hits[0][1])["note"][0]) if hits else ""


@dataclass(frozen=True, slots=True)
class _Note:
    """What the index knows of itself: who made it, and the position of the feed."""

    stamp: str = ""
    position: int = 0


class TextStore:
    """The one writer of a folder. What `write` was given is on disk, with the position, when it returns."""

    def __init__(self, folder: Path, *, analyser: str) -> None:
        self._writer: tantivy.IndexWriter | None = None
        self._folder, self._stamp = folder, f"{VERSION}/{version('tantivy')}/{analyser}"
        self._open()
        if not self._is_ours():
            self.clear()

    @property
    def position(self) -> int:
        """The feed position of what is on disk."""
        return self._read_note().position

    def clear(self) -> None:
        """Begin anew, empty, at position 0."""
        self._writer = None
        shutil.rmtree(self._folder, ignore_errors=True)
        self._open()
        self.write((), {}, position=0)

    def write(self, rows: Iterable[int], documents: dict[int, Document], *, position: int) -> None:
        """Replace the documents of `rows` by those given, in one commit that remembers the position."""
        if self._writer is None:
            raise StoreError(f"The index in {self._folder} was closed. Open it again to write.")
        try:
            self._commit(self._writer, rows, documents, position)
        except _FAULTS as fault:
            raise StoreError(
                f"Cannot write the index in {self._folder}: {fault}. Make room: it goes on by itself; "
                "a folder that was deleted is made anew from the Store."
            ) from fault
        self._index.reload()

    def _commit(
        self, writer: tantivy.IndexWriter, rows: Iterable[int], documents: dict[int, Document], position: int
    ) -> None:
        writer.delete_documents_by_query(QueryMaker(schema()).rows(list(rows)))
        for row, document in documents.items():
            writer.add_document(to_tantivy(row, document))
        writer.delete_documents_by_term("role", "note")
        writer.add_document(note(orjson.dumps(asdict(_Note(self._stamp, position))).decode()))
        writer.commit()

    def searcher(self) -> Searcher:
        """Return a view of what is committed."""
        return Searcher(self._index.searcher())

    def close(self) -> None:
        """Wait for what is under way and give the folder free."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def _open(self) -> None:
        try:
            if self._folder.exists() and not is_whole(self._folder):
                shutil.rmtree(self._folder)
            self._folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(schema(), path=str(self._folder), reuse=True)
        except _FAULTS:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)
            self._index = tantivy.Index(schema(), path=str(self._folder))
        self._index.config_reader(reload_policy="manual")
        try:
            self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
        except ValueError as fault:
            raise StoreError(
                f"The index in {self._folder} cannot be written, most likely because another process has it: {fault} "
                "Stop that process, or ask it instead (zhanggui serve answers over HTTP)."
            ) from fault
        self._sweep(self._writer)

    def _sweep(self, writer: tantivy.IndexWriter) -> None:
        """Delete what a writer that was killed left: tantivy writes `.tmpXXXXXX`, renames it, and never looks back.

        It also writes deletions before the commit that names them, called by a number that begins where the last commit
        ended: those of a commit that was killed would be in the way of the next one for good.
        """
        for orphan in self._folder.glob(".tmp*"):
            orphan.unlink(missing_ok=True)
        with suppress(*_FAULTS):  # the next commit tells what is wrong
            writer.garbage_collect_files()

    def _is_ours(self) -> bool:
        """Whether the folder can be read, and was made by this version for this analyser."""
        try:
            return self._read_note().stamp == self._stamp
        except _FAULTS:
            return False

    def _read_note(self) -> _Note:
        text = self.searcher().note()
        return _Note(**orjson.loads(text)) if text else _Note()
