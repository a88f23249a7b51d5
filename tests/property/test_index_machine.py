"""The index on disk through a random life with closings, crashes and torn files, against the plain one."""

import random
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.property.pace import pace
from tests.property.test_index_against_oracle import ANALYSER, FILTERS, ITEMS, QUERIES, changes, compare
from zhanggui.core.protocols import Change
from zhanggui.core.request import Filters, Sort
from zhanggui.retrieval.index import MemoryIndex, TantivyIndex

DIM = 4
VECTORS = np.random.default_rng(5).standard_normal((len(ITEMS) + 1, DIM)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


class Indexes(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "index"
        self.position, self.feed = 0, {}
        self.real = self.opened()
        self.plain = MemoryIndex(analyser=ANALYSER, dim=DIM, dense_k=3, dense_threshold=0.5)

    def teardown(self):
        self.agree("", False, Filters())
        self.real.close()
        self.folder.cleanup()

    def opened(self):
        return TantivyIndex(self.path, analyser=ANALYSER, dim=DIM, dense_k=3, dense_threshold=0.5)

    @rule(batch=st.lists(changes(), max_size=6))
    def change(self, batch):
        numbered = []
        for change in batch:
            self.position += 1
            numbered.append(Change(self.position, change.kind, change.item_id, change.product))
            self.feed[change.item_id] = numbered[-1]
        for index in (self.real, self.plain):
            index.apply(numbered, self.position)

    @rule(wanted=st.lists(st.integers(0, len(ITEMS) - 1), max_size=6, unique=True), turn=st.integers(0, 3))
    def mean(self, wanted, turn):
        items, rows = [ITEMS[n] for n in wanted], [(n + turn) % len(ITEMS) for n in wanted]
        for index in (self.real, self.plain):
            index.put_vectors(items, VECTORS[rows].reshape(-1, DIM))

    @rule(query=QUERIES.map(" ".join), dense=st.booleans(), filters=FILTERS)
    def agree(self, query, dense, filters):
        """Compare all but the order of ties: that is the order in which each first saw the products."""
        vector = VECTORS[-1] if dense else None
        compare(*(i.search(query, vector, filters) for i in (self.real, self.plain)), sort=Sort.RELEVANCE)
        assert self.real.allowed(ITEMS, filters).tolist() == self.plain.allowed(ITEMS, filters).tolist()
        assert len(self.real) == len(self.plain) and self.real.position == self.plain.position
        ours, theirs = ([near for _, near in i.nearest(VECTORS[0], filters, k=4)] for i in (self.real, self.plain))
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
        assert self.real.meant() == self.plain.meant()
        assert sorted(self.real.lacking(limit=99)) == sorted(self.plain.lacking(limit=99))

    @rule(seed=st.none() | st.integers(0, 999), clean=st.booleans())
    def reopen(self, seed, clean):
        """Close it or drop it as if killed; tear a file where there is a seed; then let the feed and vectors follow."""
        if clean:
            self.real.close()
        else:
            self.real._text.close()
        if seed is not None:
            tear(self.path, random.Random(seed))
        self.real = self.opened()
        assert self.real.position <= self.position
        self.plain = MemoryIndex(analyser=ANALYSER, dim=DIM, dense_k=3, dense_threshold=0.5)
        news = sorted(self.feed.values(), key=lambda change: change.position)
        self.real.apply([c for c in news if c.position > self.real.position], self.position)
        self.plain.apply(news, self.position)
        for index in (self.real, self.plain):
            index.put_vectors(ITEMS, VECTORS[: len(ITEMS)])


def tear(folder, dice):
    """Cut a file short, alter a byte of it, or remove it."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and ".lock" not in f.name)
    if not files:
        return
    victim, harm = dice.choice(files), dice.choice(["cut", "alter", "remove"])
    content = bytearray(victim.read_bytes())
    if harm == "remove" or not content:
        victim.unlink()
    elif harm == "cut" or victim.suffix == ".json":  # JSON of tantivy's has no checksum
        victim.write_bytes(content[: dice.randrange(len(content))])
    else:
        content[dice.randrange(len(content))] ^= 0xFF
        victim.write_bytes(content)


TestIndexes = Indexes.TestCase
TestIndexes.settings = pace(examples=12, steps=12)
