import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from zhanggui.core.errors import StoreError
from zhanggui.encoders import VectorCache
from zhanggui.encoders.checks import unit_rows
from zhanggui.encoders.vector_file import held_in


def test_rounding_keeps_the_cosine(tmp_path):
    hashes, rows = unit_rows(500, 384)
    cache = VectorCache(tmp_path, encoder="e", dim=384)
    cache.put(hashes, rows)
    kept = cache.get(hashes)[1]
    assert ((kept * rows).sum(axis=1) / np.linalg.norm(kept, axis=1)).min() > 0.999999
    assert np.abs(kept - rows).max() < 1e-3
    cache.close()


def test_what_was_put_is_there_after_opening_again(tmp_path):
    hashes, rows = unit_rows(9, 4)
    cache = VectorCache(tmp_path, encoder="e", dim=4)
    cache.put(hashes, rows)
    cache.close()
    cache.close()
    again = VectorCache(tmp_path, encoder="e", dim=4)
    assert len(again) == 9 and again.damaged == 0 and np.allclose(again.get(hashes)[1], rows, atol=1e-3)
    again.close()


def test_encoders_and_dimensions_have_files_of_their_own(tmp_path):
    names = [("a/b", 4), ("a_b", 4), ("a?b", 4), ("a/b", 8), ("..", 4), ("e5", 4), ("中", 4)]
    caches = [VectorCache(tmp_path, encoder=name, dim=dim) for name, dim in names]
    assert len({cache.path for cache in caches}) == len(names)
    assert all(cache.path.parent == tmp_path for cache in caches)
    for cache in caches:
        cache.close()


def test_a_file_with_another_head_is_begun_anew(tmp_path, caplog):
    path = tmp_path / "e-4.vec"
    path.write_bytes(b"x" * 200)
    cache = VectorCache(tmp_path, encoder="e", dim=4)
    assert len(cache) == 0 and cache.damaged == 200 and "begun anew" in caplog.text
    cache.close()


def test_a_flipped_bit_is_found_and_cut(tmp_path):
    hashes, rows = unit_rows(4, 4)
    cache = VectorCache(tmp_path, encoder="e", dim=4)
    cache.put(hashes[:2], rows[:2])
    whole = cache.path.stat().st_size
    cache.put(hashes[2:], rows[2:])
    cache.close()
    content = bytearray(cache.path.read_bytes())
    content[-3] ^= 4
    cache.path.write_bytes(content)
    again = VectorCache(tmp_path, encoder="e", dim=4)
    assert again.get(hashes)[0].tolist() == [True, True, False, False]
    assert again.damaged == len(content) - whole and again.path.stat().st_size == whole
    again.close()


def test_two_writers_do_not_overwrite_each_other(tmp_path):
    hashes, rows = unit_rows(6, 4)
    one, two = (VectorCache(tmp_path, encoder="e", dim=4) for _ in range(2))
    one.put(hashes[:3], rows[:3])
    two.put(hashes[2:], rows[2:])
    one.put([], rows[:0])
    assert len(one) == len(two) == 6 and np.allclose(one.get(hashes)[1], rows, atol=1e-3)
    one.close()
    two.close()


_WRITER = """
import sys
from pathlib import Path
from zhanggui.encoders import VectorCache
from zhanggui.encoders.checks import unit_rows
cache = VectorCache(Path(sys.argv[1]), encoder="e", dim=384)
hashes, rows = unit_rows(20_000, 384)
for at in range(0, 20_000, 50):
    cache.put(hashes[at : at + 50], rows[at : at + 50])
    sys.stdout.write(f"{at + 50}\\n")
    sys.stdout.flush()
"""


def test_nothing_put_is_lost_when_the_process_is_killed(tmp_path):
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = [int(process.stdout.readline()) for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().split()]
    hashes, rows = unit_rows(20_000, 384)
    cache = VectorCache(tmp_path, encoder="e", dim=384)
    found, matrix = cache.get(hashes)
    assert found[: told[-1]].all() and len(cache) == found.sum()
    assert np.allclose(matrix[found], rows[found], atol=1e-3)
    cache.close()


def test_opening_100_000_vectors_takes_well_under_a_second(tmp_path):
    rows = np.tile(unit_rows(1000, 384)[1], (100, 1))
    hashes = [f"{number:032x}" for number in range(100_000)]
    cache = VectorCache(tmp_path, encoder="e", dim=384)
    for at in range(0, 100_000, 64):
        cache.put(hashes[at : at + 64], rows[at : at + 64])
    cache.close()
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        again = VectorCache(tmp_path, encoder="e", dim=384)
        seconds.append(time.perf_counter() - begun)
        assert len(again) == 100_000
        again.close()
    assert min(seconds) < 0.8


def test_a_folder_in_its_place_is_put_aside_and_the_cache_begins_anew(tmp_path, caplog):
    hashes, rows = unit_rows(3, 4)
    (tmp_path / "e-4.vec" / "strange").mkdir(parents=True)
    assert held_in(tmp_path, encoder="e", dim=4) == (frozenset(), 0)
    cache = VectorCache(tmp_path, encoder="e", dim=4)
    cache.put(hashes, rows)
    cache.close()
    assert held_in(tmp_path, encoder="e", dim=4)[0] == set(hashes)
    assert (tmp_path / "e-4.vec.aside-1" / "strange").is_dir() and "aside-1" in caplog.text


def used_only(names):
    """Return what tells that these are in use."""
    return lambda hashes: np.isin(hashes, list(names))


def test_what_was_forgotten_is_gone_from_the_disk_and_the_rest_is_there_after_opening_again(tmp_path):
    hashes, rows = unit_rows(5000, 8)
    cache = VectorCache(tmp_path, encoder="e", dim=8)
    cache.put(hashes, rows)
    whole = cache.path.stat().st_size
    cache.forget(used_only(hashes[:4500]), spare=0)
    assert cache.path.stat().st_size < 0.91 * whole and list(tmp_path.iterdir()) == [cache.path]
    cache.put(hashes[4500:4510], rows[4500:4510])
    cache.close()
    again = VectorCache(tmp_path, encoder="e", dim=8)
    assert again.get(hashes)[0].tolist() == [row < 4510 for row in range(5000)] and again.damaged == 0
    assert np.allclose(again.get(hashes[:4510])[1], rows[:4510], atol=1e-3)
    again.close()


def test_another_process_goes_on_in_the_file_that_took_the_place(tmp_path):
    hashes, rows = unit_rows(9, 4)
    one, two = (VectorCache(tmp_path, encoder="e", dim=4) for _ in range(2))
    one.put(hashes[:6], rows[:6])
    two.put(hashes[6:7], rows[6:7])
    one.forget(used_only(hashes[:3]), spare=0)
    assert two.get(hashes)[0].sum() == 7  # what it read before is there still
    two.put(hashes[7:], rows[7:])
    one.put([], rows[:0])
    wanted = [True] * 3 + [False] * 4 + [True] * 2
    assert one.get(hashes)[0].tolist() == two.get(hashes)[0].tolist() == wanted
    one.close()
    two.close()
    assert held_in(tmp_path, encoder="e", dim=4) == (frozenset(hashes[:3] + hashes[7:]), 0)


def test_a_cache_that_cannot_be_written_anew_stays_as_it_is(tmp_path):
    hashes, rows = unit_rows(6, 4)
    cache = VectorCache(tmp_path, encoder="e", dim=4)
    cache.put(hashes, rows)
    (tmp_path / f"{cache.path.name}.new" / "strange").mkdir(parents=True)
    with pytest.raises(StoreError, match="stays as it is"):
        cache.forget(used_only(hashes[:3]), spare=0)
    assert len(cache) == 6 and cache.get(hashes)[0].all()
    (tmp_path / f"{cache.path.name}.new" / "strange").rmdir()
    (tmp_path / f"{cache.path.name}.new").rmdir()
    assert cache.forget(used_only(hashes[:3]), spare=0) == 3
    cache.close()


_FORGETTER = """
import sys
from pathlib import Path
import numpy as np
from zhanggui.encoders import VectorCache
from zhanggui.encoders.checks import unit_rows
cache = VectorCache(Path(sys.argv[1]), encoder="e", dim=8)
hashes, rows = unit_rows(9_000, 8)
keep = set(hashes[:6_000])
for turn in range(10_000):
    cache.put(hashes[6_000:], rows[6_000:])
    cache.forget(lambda names: np.array([name in keep for name in names]), spare=0)
    sys.stdout.write(f"{turn}\\n")
    sys.stdout.flush()
"""


def test_nothing_in_use_is_lost_when_the_process_is_killed_while_it_forgets(tmp_path):
    hashes, rows = unit_rows(9_000, 8)
    cache = VectorCache(tmp_path, encoder="e", dim=8)
    cache.put(hashes[:6_000], rows[:6_000])
    cache.close()
    for turns in (1, 2, 4):
        command = [sys.executable, "-c", _FORGETTER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for _ in range(turns):
                process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
        cache = VectorCache(tmp_path, encoder="e", dim=8)
        found, matrix = cache.get(hashes)
        assert found[:6_000].all() and np.allclose(matrix[found], rows[found], atol=1e-3)
        assert cache.forget(used_only(hashes[:6_000]), spare=0) >= 0 and len(cache) == 6_000
        assert list(tmp_path.iterdir()) == [cache.path]
        cache.close()
