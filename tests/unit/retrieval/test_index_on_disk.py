"""The index across restarts: what is kept, what is made anew, what a crash leaves."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from zhanggui.core.errors import StoreError
from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.core.request import Filters
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.index.schema import QueryMaker, schema
from zhanggui.retrieval.text.analyser import Analyser

ANALYSER = Analyser()
CHANGES = [
    Change(n, ChangeKind.PRODUCT, ItemId(f"p{n}"), Product(ItemId(f"p{n}"), title=f"绿茶 {n}", category=("茶",)))
    for n in range(1, 6)
]


def opened(folder, analyser=ANALYSER):
    return TantivyIndex(folder, analyser=analyser, dim=4)


def filled(folder):
    index = opened(folder)
    index.apply(CHANGES, 5)
    return index


def found(index):
    matches = index.search("绿茶", None, Filters())
    return matches.items, matches.total, matches.facets


def test_opens_again_as_it_was_closed(tmp_path):
    before = filled(tmp_path)
    before.apply([Change(6, ChangeKind.REMOVED, ItemId("p2"))], 6)
    before.apply([Change(9, ChangeKind.EVENT)], 9)
    expected = found(before)
    before.close()
    after = opened(tmp_path)
    assert (after.position, len(after), found(after)) == (9, 4, expected)


@pytest.mark.parametrize(
    ("lost", "cut"),
    [
        ("columns.npz", 100),
        ("columns.npz", None),
        ("text/meta.json", 100),
        ("text/*.pos", None),
        ("text/*.idx", 9),
        ("text", 0),
    ],
)
def test_what_is_lost_or_torn_is_made_anew_from_the_feed(tmp_path, lost, cut):
    filled(tmp_path).close()
    victim = next(iter(tmp_path.glob(lost)))
    if cut is None:
        victim.unlink()
    elif victim.is_dir():
        for path in victim.iterdir():
            path.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:cut])
    index = opened(tmp_path)
    assert (index.position, len(index)) == (0, 0)
    index.apply(CHANGES, 5)
    assert (index.position, index.search("绿茶", None, Filters()).total) == (5, 5)


def test_one_process_at_a_time_and_the_other_is_told_so(tmp_path):
    index = filled(tmp_path)
    with pytest.raises(StoreError, match="another process"):
        opened(tmp_path)
    assert index.search("绿茶", None, Filters()).total == 5
    index.close()
    with pytest.raises(StoreError, match="was closed"):
        index.apply(CHANGES[:1], 6)
    assert (index.position, opened(tmp_path).position) == (5, 5)


def test_another_analyser_begins_anew(tmp_path):
    filled(tmp_path).close()
    other = opened(tmp_path, Analyser(["明前绿茶"]))
    assert (other.position, len(other)) == (0, 0)


def test_a_crash_after_a_commit_is_healed_by_the_feed(tmp_path):
    index = filled(tmp_path)
    index.close()
    index = opened(tmp_path)
    index.apply([Change(6, ChangeKind.PRODUCT, ItemId("p9"), Product(ItemId("p9"), title="绿茶 new"))], 6)
    index.apply([Change(7, ChangeKind.REMOVED, ItemId("p1"))], 7)
    expected = found(index)
    index._text.close()  # as if killed: committed text, columns of before
    after = opened(tmp_path)
    assert after.position == 5
    after.apply(
        [
            Change(6, ChangeKind.PRODUCT, ItemId("p9"), Product(ItemId("p9"), title="绿茶 new")),
            Change(7, ChangeKind.REMOVED, ItemId("p1")),
        ],
        7,
    )
    assert found(after) == expected


def test_readers_keep_the_state_they_began_with(tmp_path):
    index = filled(tmp_path)
    state = index._state
    index.apply([Change(6, ChangeKind.REMOVED, ItemId("p1"))], 6)
    assert (int(state.columns.sold.sum()), int(index._state.columns.sold.sum())) == (5, 4)
    assert np.array_equal(state.text.searcher.rows(QueryMaker(schema()).rows([0, 1])), [0, 1])


def test_deletions_written_by_a_commit_that_was_killed_do_not_block_the_next(tmp_path):
    """The library names them by a number that begins where the last whole commit ended: the next one takes it again."""
    filled(tmp_path / "killed").close()
    shutil.copytree(tmp_path / "killed", tmp_path / "whole")
    again = [replace(change, position=change.position + 5) for change in CHANGES[:2]]
    whole = opened(tmp_path / "whole")
    whole.apply(again, 7)
    expected = found(whole)
    deletions = [path for path in (tmp_path / "whole" / "text").glob("*.del") if path.is_file()]
    assert deletions
    for path in (*deletions, tmp_path / "whole" / "text" / ".managed.json"):
        shutil.copy(path, tmp_path / "killed" / "text")  # all but meta.json, which is what commits
    after = opened(tmp_path / "killed")
    assert after.position == 5
    after.apply(again, 7)
    assert (after.position, found(after)) == (7, expected)
