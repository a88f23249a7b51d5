from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.data.importing.ordinals import Ordinals


@given(st.lists(st.lists(st.integers(0, 6), max_size=9), max_size=12))
def test_counts_as_a_counter_does(chunks):
    ordinals, seen = Ordinals(), Counter()
    for chunk in chunks:
        expected = []
        for key in chunk:
            expected.append(seen[key])
            seen[key] += 1
        assert ordinals.of(np.array(chunk, np.uint64)).tolist() == expected


def test_memory_is_eight_bytes_a_key_and_the_runs_are_few():
    ordinals = Ordinals()
    for start in range(0, 100_000, 1000):
        ordinals.of(np.arange(start, start + 1000, dtype=np.uint64))
    assert sum(run.nbytes for run in ordinals._runs) == 800_000 and len(ordinals._runs) < 10
