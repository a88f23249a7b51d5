"""What every recommender promises. Plug-in authors run the same checks: `for check in checks(): check(make)`.

`make` builds a fresh, unfitted recommender that can be saved to and loaded from a file. A check returns, or raises
AssertionError with what went wrong.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from zhanggui.core.errors import NotFittedError
from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY
from zhanggui.core.interactions import Floats, Histories, Interactions, Vocabulary
from zhanggui.core.protocols import Recommender

Make = Callable[[], Recommender]
Check = Callable[[Make], None]

BASKETS = (
    ("ann", ("tea", "mug"), ("tea", "milk")),
    ("bob", ("tea", "mug"), ("milk",)),
    ("cai", ("rice", "soy"), ("rice",)),
    ("dan", ("rice", "soy", "tea"), ("soy",)),
)
SHELF = ("mug", "milk", "rice", "soy", "tea", "unsold")


def small_log(baskets: Sequence[Sequence[object]] = BASKETS, shelf: Sequence[str] = SHELF) -> Interactions:
    """Make a log of purchases: each shopper's baskets, a day apart. `unsold` is on the shelf and nowhere else."""
    users = Vocabulary(str(user) for user, *_ in baskets)
    items = Vocabulary(shelf)
    rows = [
        (user, items.row(item), day * DAY, 100 * user + day)
        for user, (_, *trips) in enumerate(baskets)
        for day, trip in enumerate(trips)
        for item in trip  # type: ignore[attr-defined]
    ]
    user, item, time, basket = np.array(rows, np.int64).reshape(-1, 4).T
    types = np.full(len(rows), EventType.PURCHASE.code, np.uint8)
    return Interactions(users, items, user.astype(np.int32), item.astype(np.int32), time, types, basket)


def checks() -> Iterator[Check]:
    """Yield every check, to be parametrised over."""
    yield check_refuses_before_fit
    yield check_scores_have_their_shape
    yield check_never_seen_items_get_nothing
    yield check_fit_forgets_and_repeats
    yield check_batch_equals_one_by_one
    yield check_empty_and_unknown_histories
    yield check_because_names_the_history
    yield check_saved_and_loaded_alike
    yield check_degenerate_logs


def check_refuses_before_fit(make: Make) -> None:
    """Asked too early, it says so."""
    try:
        make().score(Histories.of([0]))
    except NotFittedError:
        return
    raise AssertionError("score before fit must raise NotFittedError")


def check_scores_have_their_shape(make: Make) -> None:
    """(B, N) of float32 without NaN or +inf."""
    log = small_log()
    scores = make().fit(log).score(log.histories())
    _true(scores.shape == (4, 6) and scores.dtype == np.float32, f"score is {scores.shape} {scores.dtype}")
    _true(not np.isnan(scores).any() and not np.isposinf(scores).any(), "scores hold NaN or +inf")


def check_never_seen_items_get_nothing(make: Make) -> None:
    """Give -inf to what training never saw."""
    log = small_log()
    scores = make().fit(log).score(log.histories())
    _true(bool(np.isneginf(scores[:, log.items.row("unsold")]).all()), "an item without events got a score")


def check_fit_forgets_and_repeats(make: Make) -> None:
    """Fitting twice, or after another log, is fitting once."""
    log, other = small_log(), small_log(BASKETS[:1], ("mug", "milk", "tea"))
    fresh = make().fit(log).score(log.histories())
    _same(make().fit(other).fit(log).score(log.histories()), fresh, "fit does not forget")


def check_batch_equals_one_by_one(make: Make) -> None:
    """Score a shopper alike whoever else is asked for."""
    log = small_log()
    model, histories = make().fit(log), log.histories()
    single = np.concatenate([model.score(histories.slice(b, b + 1)) for b in range(4)])
    _same(model.score(histories), single, "scores depend on the batch")


def check_empty_and_unknown_histories(make: Make) -> None:
    """No history, no batch and unknown items (-1) are answered."""
    model = make().fit(small_log())
    _true(model.score(Histories.of([])).shape == (1, 6), "an empty history is not answered")
    _true(model.score(Histories.of([]).slice(0, 0)).shape == (0, 6), "an empty batch is not answered")
    known, mixed = (model.score(Histories.of(h, times=[5] * len(h), types=[8] * len(h))) for h in ([4], [-1, 4]))
    _same(mixed, known, "an unknown item changes the scores")


def check_because_names_the_history(make: Make) -> None:
    """Evidence names items of the history, strongest first, with shares of at most 1 together."""
    log = small_log()
    model = make().fit(log)
    for b in range(4):
        history = log.histories().slice(b, b + 1)
        for item in range(6):
            found = model.because(history, item)
            values = [share for _, share in found]
            _true({source for source, _ in found} <= set(history.item.tolist()), "evidence is not of the history")
            _true(values == sorted(values, reverse=True) and sum(values) <= 1 + 1e-5, f"shares are {values}")


def check_saved_and_loaded_alike(make: Make) -> None:
    """Score alike after loading; the same data makes the same bytes."""
    log = small_log()
    model = make().fit(log)
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "a.npz"), Path(folder, "b.npz")
        model.save(first)
        make().fit(log).save(second)
        loaded = type(model).load(first)
        _true(first.read_bytes() == second.read_bytes(), "the same data made different bytes")
    _true(loaded.items_.ids == log.items.ids, "the vocabulary changed on its way")
    _same(loaded.score(log.histories()), model.score(log.histories()), "a loaded model scores differently")


def check_degenerate_logs(make: Make) -> None:
    """No event, no item, one shopper, one item: fitted and asked without an error."""
    one = (("ann", ("tea",)),)
    for log in (small_log((), ()), small_log((), ("tea",)), small_log(one, ("tea",)), small_log(BASKETS[:1])):
        model = make().fit(log)
        _true(model.score(log.histories()).shape == (len(log.users), len(log.items)), "wrong shape")


def _same(actual: Floats, expected: Floats, fault: str) -> None:
    _true(bool(np.allclose(actual, expected, rtol=1e-5, atol=1e-6)), fault)


def _true(fact: bool, fault: str) -> None:
    if not fact:
        raise AssertionError(fault)
