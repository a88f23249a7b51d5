"""What every encoder and every cache of vectors promises; authors of plug-ins run the same checks."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from zhanggui.core.interactions import Floats
from zhanggui.core.passage import content_hash
from zhanggui.core.protocols import Encoder
from zhanggui.encoders.vectors import Vectors

EncoderCheck = Callable[[Encoder], None]
VectorsCheck = Callable[[Callable[[], Vectors]], None]

TEXTS = ["绿茶 500g", "green tea 500 g", "", "x" * 3000, "mug\n", "茶杯🍵", "\ud800 lone", "A", "<s> </s>"]


def encoder_checks() -> Iterator[EncoderCheck]:
    """Yield every check of an encoder, to be parametrised over."""
    yield check_vectors_are_of_unit_length_and_of_the_dimension_told
    yield check_no_texts_make_no_vectors
    yield check_company_changes_nothing
    yield check_the_same_text_has_the_same_vector_again
    yield check_nearest_to_a_text_is_itself
    yield check_threads_do_not_disturb_each_other
    yield check_a_caller_may_write_into_the_answer


def check_vectors_are_of_unit_length_and_of_the_dimension_told(encoder: Encoder) -> None:
    for encode in (encoder.queries, encoder.passages):
        vectors = encode(TEXTS)
        assert vectors.shape == (len(TEXTS), encoder.dim) and vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def check_no_texts_make_no_vectors(encoder: Encoder) -> None:
    assert encoder.queries([]).shape == encoder.passages([]).shape == (0, encoder.dim)


def check_company_changes_nothing(encoder: Encoder) -> None:
    together = encoder.passages(TEXTS)
    alone = np.concatenate([encoder.passages([text]) for text in TEXTS])
    assert ((together * alone).sum(axis=1) > 0.9999).all()


def check_the_same_text_has_the_same_vector_again(encoder: Encoder) -> None:
    assert np.array_equal(encoder.queries(TEXTS), encoder.queries(TEXTS))
    assert np.array_equal(encoder.queries([*TEXTS[:2], TEXTS[0]])[2], encoder.queries(TEXTS[:1])[0])


def check_nearest_to_a_text_is_itself(encoder: Encoder) -> None:
    texts = ["green tea bags", "motor oil 5w30", "儿童书包", "洗衣液 2kg"]
    nearness = encoder.queries(texts) @ encoder.passages(texts).T
    assert nearness.argmax(axis=1).tolist() == [0, 1, 2, 3]


def check_threads_do_not_disturb_each_other(encoder: Encoder) -> None:
    texts = [f"{word} {size} g" for word in ("tea", "茶", "oil", "soap") for size in range(4)]
    expected = encoder.passages(texts)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda text: encoder.passages([text])[0], texts))
    assert ((np.stack(answers) * expected).sum(axis=1) > 0.9999).all()


def check_a_caller_may_write_into_the_answer(encoder: Encoder) -> None:
    before = encoder.queries(["tea"]).copy()
    encoder.queries(["tea"])[:] = 0
    assert np.array_equal(encoder.queries(["tea"]), before)


def vectors_checks() -> Iterator[VectorsCheck]:
    """Yield every check of a cache, to be parametrised over; the factory makes an empty one."""
    yield check_what_was_put_is_found_in_the_order_asked_for
    yield check_the_first_vector_of_a_hash_stays
    yield check_nothing_known_finds_nothing
    yield check_wrong_vectors_are_refused
    yield check_readers_see_whole_vectors_while_one_writes
    yield check_what_is_used_no_more_is_forgotten
    yield check_what_was_used_last_is_kept_longest
    yield check_readers_see_whole_vectors_while_others_go


def unit_rows(count: int, dim: int, *, seed: int = 0) -> tuple[list[str], Floats]:
    """Return so many hashes and random unit vectors."""
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    hashes = [content_hash(f"{seed}:{row}") for row in range(count)]
    return hashes, rows / np.linalg.norm(rows, axis=1, keepdims=True)


def check_what_was_put_is_found_in_the_order_asked_for(make: Callable[[], Vectors]) -> None:
    cache = make()
    hashes, rows = unit_rows(20, cache.dim)
    cache.put(hashes[:7], rows[:7])
    cache.put(hashes[7:], rows[7:])
    found, matrix = cache.get([hashes[9], content_hash("unknown"), hashes[0], hashes[9]])
    assert found.tolist() == [True, False, True, True] and len(cache) == 20
    assert np.allclose(matrix, [rows[9], np.zeros(cache.dim), rows[0], rows[9]], atol=1e-3)
    assert hashes[3] in cache and content_hash("unknown") not in cache
    cache.close()


def check_the_first_vector_of_a_hash_stays(make: Callable[[], Vectors]) -> None:
    cache = make()
    hashes, rows = unit_rows(2, cache.dim)
    cache.put([hashes[0], hashes[0]], rows)
    cache.put([hashes[0]], rows[1:])
    assert len(cache) == 1 and np.allclose(cache.get(hashes[:1])[1][0], rows[0], atol=1e-3)
    cache.close()


def check_nothing_known_finds_nothing(make: Callable[[], Vectors]) -> None:
    cache = make()
    found, matrix = cache.get([])
    assert found.shape == (0,) and matrix.shape == (0, cache.dim) and len(cache) == 0
    cache.put([], matrix)
    assert not cache.get([content_hash("tea")])[0].any()
    cache.close()


def check_wrong_vectors_are_refused(make: Callable[[], Vectors]) -> None:
    cache = make()
    hashes, rows = unit_rows(2, cache.dim)
    for wrong in (rows[:1], rows[:, 1:], rows * np.float32(np.nan)):
        try:
            cache.put(hashes, wrong)
        except ValueError:
            continue
        raise AssertionError(f"took vectors of shape {wrong.shape}")
    assert len(cache) == 0
    cache.close()


def check_readers_see_whole_vectors_while_one_writes(make: Callable[[], Vectors]) -> None:
    cache = make()
    hashes, rows = unit_rows(300, cache.dim)

    def read(_: int) -> bool:
        found, matrix = cache.get(hashes)
        return bool(np.allclose(matrix[found], rows[found], atol=1e-3))

    with ThreadPoolExecutor(3) as pool:
        answers = pool.map(read, range(60))
        for row in range(0, 300, 10):
            cache.put(hashes[row : row + 10], rows[row : row + 10])
        assert all(answers)
    assert cache.get(hashes)[0].all()
    cache.close()


def check_what_is_used_no_more_is_forgotten(make: Callable[[], Vectors]) -> None:
    cache = make()
    hashes, rows = unit_rows(20, cache.dim)
    cache.put(hashes, rows)
    used = set(hashes[3:9])
    assert cache.forget(lambda names: np.array([name in used for name in names]), spare=4) == 10
    found, matrix = cache.get(hashes)
    assert found.tolist() == [3 <= row < 9 or row >= 16 for row in range(20)] and len(cache) == 10
    assert np.allclose(matrix[found], rows[found], atol=1e-3)
    cache.put(hashes, rows)
    assert cache.get(hashes)[0].all() and len(cache) == 20
    assert cache.forget(lambda names: np.ones(len(names), np.bool_), spare=0) == 0 and len(cache) == 20
    cache.close()


def check_what_was_used_last_is_kept_longest(make: Callable[[], Vectors]) -> None:
    cache = make()
    hashes, rows = unit_rows(6, cache.dim)
    cache.put(hashes, rows)
    assert cache.forget(lambda names: np.array([name == hashes[0] for name in names]), spare=4) == 1
    assert cache.forget(lambda names: np.zeros(len(names), np.bool_), spare=1) == 4
    assert cache.get(hashes)[0].tolist() == [True] + [False] * 5
    cache.close()


def check_readers_see_whole_vectors_while_others_go(make: Callable[[], Vectors]) -> None:
    cache = make()
    hashes, rows = unit_rows(300, cache.dim)
    cache.put(hashes, rows)

    def read(_: int) -> bool:
        found, matrix = cache.get(hashes)
        return bool(found[200:].all() and np.allclose(matrix[found], rows[found], atol=1e-3))

    with ThreadPoolExecutor(3) as pool:
        answers = pool.map(read, range(60))
        for spare in range(190, 0, -10):
            cache.forget(lambda names: np.isin(names, hashes[200:]), spare=spare)
        assert all(answers)
    assert len(cache) == 110
    cache.close()
