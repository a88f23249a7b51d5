"""Records of unequal length: what the file of tokens is written with. Those of one length: test_vector_file.py."""

from types import SimpleNamespace

import numpy as np
import pytest

from zhanggui.core.passage import content_hash
from zhanggui.encoders.record_file import LONGEST, Form, RecordFile, frames, held_in

FORM = Form(b"TEST\x00\x00\x00\x01", b"\xf0TST")


def opened(folder):
    return RecordFile(folder / "r.tst", FORM, owner="e", size=4)


def records(n):
    random = np.random.default_rng(n)
    made = [random.bytes(int(length)) for length in random.integers(0, 3000, n)]
    return [content_hash(f"{n}-{at}") for at in range(n)], made


def test_records_of_any_length_come_back_also_after_opening_again(tmp_path):
    keys, made = records(40)
    file = opened(tmp_path)
    file.put(keys[:9], made[:9])
    file.put(keys, made)
    assert file.get(keys) == made and file.get([content_hash("other")]) == [None]
    file.close()
    again = opened(tmp_path)
    assert len(again) == 40 and again.get(keys) == made and keys[3] in again
    again.close()
    assert held_in(tmp_path / "r.tst", FORM) == (frozenset(keys), 0)


def test_the_longest_record_fits(tmp_path):
    file = opened(tmp_path)
    file.put([content_hash("a"), content_hash("b")], [b"x" * LONGEST, b""])
    long, empty = file.get([content_hash("a"), content_hash("b")])
    assert len(long) == LONGEST and empty == b""
    file.close()


def test_what_another_process_appended_is_found_and_not_written_twice(tmp_path):
    keys, made = records(6)
    one, other = opened(tmp_path), opened(tmp_path)
    one.put(keys[:4], made[:4])
    other.put(keys, [b"mine"] * 6)
    one.put([], [])
    assert one.get(keys) == [*made[:4], b"mine", b"mine"] == other.get(keys)
    one.close()
    other.close()


@pytest.mark.parametrize("left", [1, 11, 12, 30, 100])
def test_a_torn_frame_is_cut(tmp_path, left):
    keys, made = records(8)
    file = opened(tmp_path)
    file.put(keys[:5], made[:5])
    whole = (tmp_path / "r.tst").stat().st_size
    file.put(keys[5:], made[5:])
    file.close()
    with (tmp_path / "r.tst").open("r+b") as torn:
        torn.truncate(whole + left)
    assert held_in(tmp_path / "r.tst", FORM) == (frozenset(keys[:5]), left)
    again = opened(tmp_path)
    assert len(again) == 5 and again.damaged == left
    again.put(keys, made)
    assert again.get(keys) == made
    again.close()


def test_what_is_forgotten_makes_room_and_the_rest_stays_readable(tmp_path):
    keys, made = records(30)
    file, other = opened(tmp_path), opened(tmp_path)
    file.put(keys, made)
    before = file.path.stat().st_size
    assert file.forget(lambda names: np.isin(names, keys[:5]), spare=3) == 22
    expected = [record if row < 5 or row >= 27 else None for row, record in enumerate(made)]
    assert file.get(keys) == expected and file.path.stat().st_size < before / 2
    other.put(keys[6:7], [b"again"])  # it finds that another file has the name now
    file.put([], [])
    assert file.get(keys) == [*expected[:6], b"again", *expected[7:]] == other.get(keys)
    file.close()
    other.close()


def test_very_many_are_written_in_several_frames(tmp_path):
    keys = [content_hash(str(at)) for at in range(5_000)]
    file = opened(tmp_path)
    file.put(keys, [key[:5].encode() for key in keys])
    assert file.get(keys) == [key[:5].encode() for key in keys]
    with file.path.open("rb") as whole:
        assert [frame.count for frame in frames(whole.fileno(), FORM)] == [4096, 904]
    file.close()


def test_nothing_is_forgotten_where_the_disk_has_no_room(tmp_path, monkeypatch):
    keys, made = records(9)
    file = opened(tmp_path)
    file.put(keys, made)
    full = SimpleNamespace(free=2 * file.path.stat().st_size - 1)
    monkeypatch.setattr("zhanggui.encoders.record_file.shutil.disk_usage", lambda folder: full)
    assert file.forget(lambda names: np.zeros(len(names), np.bool_), spare=0) == 0 and file.get(keys) == made
    full.free += 1
    assert file.forget(lambda names: np.zeros(len(names), np.bool_), spare=0) == 9 and len(file) == 0
    file.close()
