import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.encoders import HashEncoder, VectorCache
from zhanggui.encoders.batches import batches, padded
from zhanggui.encoders.checks import unit_rows
from zhanggui.encoders.wishes import Wishes

LENGTHS = st.lists(st.integers(1, 40), max_size=60)


@given(LENGTHS, st.integers(1, 100))
def test_batches_hold_every_row_once_within_the_budget(lengths, tokens):
    parts = [part.tolist() for part in batches(lengths, tokens=tokens)]
    assert sorted(row for part in parts for row in part) == list(range(len(lengths)))
    for part in parts:
        assert len(part) == 1 or len(part) * max(lengths[row] for row in part) <= tokens


@given(st.lists(st.lists(st.integers(2, 99), min_size=1, max_size=9), min_size=1, max_size=9))
def test_padding_can_be_taken_off_again(ids):
    table, mask = padded(ids, pad=1)
    assert [row[keep == 1].tolist() for row, keep in zip(table, mask, strict=True)] == ids
    assert (table[mask == 0] == 1).all()


@given(st.text(), st.integers(1, 64))
def test_hash_vectors_are_of_unit_length_whatever_the_text(text, dim):
    assert np.isclose(np.linalg.norm(HashEncoder(dim=dim).queries([text])[0]), 1, atol=1e-5)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.floats(0, 1))
def test_a_file_cut_anywhere_keeps_every_whole_frame(sizes, share):
    hashes, rows = unit_rows(sum(sizes), 8)
    with tempfile.TemporaryDirectory() as name:
        cache = VectorCache(Path(name), encoder="e", dim=8)
        ends = [(0, cache.path.stat().st_size)]
        for size in sizes:
            at = ends[-1][0]
            cache.put(hashes[at : at + size], rows[at : at + size])
            ends.append((at + size, cache.path.stat().st_size))
        cache.close()
        cut = int(share * ends[-1][1])
        with cache.path.open("r+b") as file:
            file.truncate(cut)
        kept = max((count for count, end in ends if end <= cut), default=0)
        again = VectorCache(Path(name), encoder="e", dim=8)
        assert again.get(hashes)[0].tolist() == [row < kept for row in range(len(hashes))]
        again.put(hashes, rows)
        again.close()
        whole = VectorCache(Path(name), encoder="e", dim=8)
        assert whole.damaged == 0 and np.allclose(whole.get(hashes)[1], rows, atol=1e-3)
        whole.close()


CALLS = st.lists(st.tuples(st.lists(st.sampled_from("abcdef"), max_size=6), st.integers(0, 3)), max_size=6)


@given(CALLS)
def test_wishes_come_once_each_by_falling_priority(calls):
    wishes, best = Wishes(capacity=1000), dict[str, int]()
    for texts, priority in calls:
        assert wishes.add(texts, priority=priority) == len(texts)
        best.update({text: max(priority, best.get(text, 0)) for text in texts})
    taken = [wish.text for wish in wishes.asked(limit=1000)]
    assert sorted(taken) == sorted(best)
    assert [best[text] for text in taken] == sorted(best.values(), reverse=True)
    assert wishes.granted([*taken, "never asked"]) == len(best) and not wishes
