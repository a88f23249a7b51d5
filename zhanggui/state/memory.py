"""The online state in the memory of one process."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.clock import Clock
from zhanggui.core.erasure import Erasure, named
from zhanggui.core.event import TYPES, Event
from zhanggui.core.ids import DAY, MINUTE, ItemId, Millis, UserId
from zhanggui.core.interactions import Interactions, Longs, Vocabulary
from zhanggui.core.protocols import Act
from zhanggui.state.counters import Counters, counted
from zhanggui.state.interest import REMEMBERED, interest, interest_by_code
from zhanggui.state.pages import Held, Pages

NO_LOG = Interactions(
    Vocabulary(()),
    Vocabulary(()),
    np.empty(0, np.int32),
    np.empty(0, np.int32),
    np.empty(0, np.int64),
    np.empty(0, np.uint8),
    np.empty(0, np.int64),
)
_REMEMBERED_CODES = np.array([kind in REMEMBERED for kind in TYPES])

Whole = TypeVar("Whole", int, Longs)
Remembered: TypeAlias = int | Held
"""A user's acts, oldest first: a row of the loaded log until something new happens, then rows of two numbers each: item
and kind in one (`_key`), and the time. Sixteen bytes an act; an object with its time takes a hundred, and a busy shop
remembers millions."""

_KINDS = 64
_SHOWS = np.array([interest(kind) > 0 for kind in TYPES])


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that the state knows, as columns: `log` in order of last activity, counters by rows of `log.items`.

    `complete`: no user was left out of `log` whose acts were counted.
    """

    position: int
    log: Interactions
    landmark: Millis
    recent: NDArray[np.float64]
    usual: NDArray[np.float64]
    shoppers: Longs
    complete: bool = True


class MemoryState:
    """Remember each user's latest acts and count what rises. Safe to call from many threads.

    At most `acts_per_user` acts of at most `max_users` users are kept; the user who has been idle longest goes first.
    Acts later than now + `tolerance` are left out and counted in `left_out`. `half_life` is that of the trend.
    A shopper counts once for an item as long as an earlier act upon it is remembered.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        acts_per_user: int = 500,
        max_users: int = 1_000_000,
        half_life: int = 3 * DAY,
        tolerance: int = MINUTE,
    ) -> None:
        self.position = 0
        self.left_out = 0
        self._clock = clock
        self._acts_per_user, self._max_users = acts_per_user, max_users
        self._half_life, self._tolerance = half_life, tolerance
        self._lock = threading.RLock()
        self._complete = True
        self._replace(NO_LOG)
        self._counters = Counters(half_life=half_life)

    def load(self, log: Interactions, position: int) -> None:
        """Start from a whole log, replacing what was there. The columns are kept; nothing is unpacked yet."""
        past = log.time <= self._clock.now() + self._tolerance
        acts = past & _REMEMBERED_CODES[log.type]
        kept = log if acts.all() else log.where(acts)
        counters = self._counted(kept)
        with self._lock:
            self._replace(kept)
            self._counters, self.position, self.left_out = counters, position, int((~past).sum())

    def apply(self, events: Sequence[Event], position: int) -> None:
        """Take in events; those at or below the position that is known already are not counted twice."""
        with self._lock:
            if position <= self.position:
                return
            limit = self._clock.now() + self._tolerance
            for event in events:
                if event.time > limit:
                    self.left_out += 1
                elif event.item_id and event.type in REMEMBERED:
                    self._remember(event)
            self.position = position

    def forget(self, erasures: Sequence[Erasure], position: int) -> bool:
        """Drop what left the Store. False where acts were counted that are not remembered.

        (Those of a user at the bound of `acts_per_user`, or of one who went at the bound of `max_users`.)
        """
        gone = named(erasures, tuple(self._users))  # seconds for millions: nobody waits for it
        moments = [e.before for e in erasures if e.before is not None]
        with self._lock:
            if position <= self.position:
                return True
            whole = all(e.digest or e.before is not None for e in erasures) and self._complete
            if not whole or not self._all_remembered(self._users if moments else gone):
                return False
            for user in gone & self._users.keys():
                self._take_back(self._gone(self._users.pop(UserId(user))))
            if moments:
                log = self._packed()
                log = log.where(log.time >= max(moments))
                self._replace(log)
                self._counters = self._counted(log)
            self.position = position
        return True

    def history(self, user: UserId) -> Sequence[Act]:
        """Return a user's remembered acts, oldest first; empty for an unknown user."""
        with self._lock:
            return tuple(self._acts(self._users.get(user)))

    def trending(self, *, k: int) -> list[tuple[ItemId, float]]:
        """Return what rises now with its score (above 0), best first, ties by id."""
        with self._lock:
            return self._counters.trending(self._clock.now(), k=k)

    def popular(self, *, k: int) -> list[tuple[ItemId, int]]:
        """Return the items with the most distinct shoppers, best first, ties by id."""
        with self._lock:
            return self._counters.popular(k=k)

    def shoppers(self, items: Sequence[ItemId]) -> Longs:
        """Return how many distinct shoppers each item had, 0 for unknown items."""
        with self._lock:
            return self._counters.shoppers(items)

    def users(self, *, k: int) -> list[UserId]:
        """Return users with remembered acts, those with the most first, ties by id."""
        with self._lock:
            lengths = self._ends - self._starts
            sizes = [(-int(lengths[a]) if isinstance(a, int) else -len(a), user) for user, a in self._users.items()]
        return [user for _, user in nsmallest(k, sizes)]

    def memory(self) -> Memory:
        """Return all that is known, for a snapshot."""
        with self._lock:
            recent, usual, shoppers = self._counters.columns()
            known = self._packed(), self._counters.landmark, recent, usual, shoppers
            return Memory(self.position, *known, self._complete)

    def recall(self, memory: Memory) -> None:
        """Start from a snapshot, replacing what was there; acts that lie in the future by now are left out."""
        past = memory.log.time <= self._clock.now() + self._tolerance
        counters = Counters(half_life=self._half_life)
        counters.restore(memory.log.items.ids, (memory.recent, memory.usual, memory.shoppers), memory.landmark)
        with self._lock:
            self._replace(memory.log if past.all() else memory.log.where(past))
            self._complete = self._complete and memory.complete and bool(past.all())
            self._counters, self.position, self.left_out = counters, memory.position, int((~past).sum())

    def _counted(self, log: Interactions) -> Counters:
        counters, now = Counters(half_life=self._half_life), self._clock.now()
        columns = counted(
            size=len(log.items),
            user=log.user,
            item=log.item,
            time=log.time,
            kind=log.type,
            weights=interest_by_code(),
            half_life=self._half_life,
            landmark=now,
        )
        counters.restore(log.items.ids, columns, now)
        return counters

    def _replace(self, log: Interactions) -> None:
        self._log, self._pages = log, Pages()
        bounds = np.searchsorted(log.user, np.arange(len(log.users) + 1))
        self._ends = bounds[1:]
        self._starts = np.maximum(bounds[:-1], self._ends - self._acts_per_user)
        present = np.flatnonzero(self._ends > self._starts)
        self._complete = len(present) <= self._max_users
        by_activity = present[np.argsort(log.time[self._ends[present] - 1], kind="stable")][-self._max_users :]
        self._users: OrderedDict[UserId, Remembered] = OrderedDict(
            (UserId(log.users.ids[row]), row) for row in by_activity.tolist()
        )

    def _remember(self, event: Event) -> None:
        held = self._taken(self._users.pop(event.user_id, None))
        weight, row, acts = interest(event.type), self._counters.row(event.item_id), self._pages.rows(held)
        known = _SHOWS[acts[acts[:, 0] // _KINDS == row, 0] % _KINDS].any()
        self._counters.add(event.item_id, event.time, weight, new_shopper=weight > 0 and not known)
        key = _key(row, event.type.code)
        if len(acts) and acts[-1, 1] > event.time:
            self._pages.release(held)
            place = np.searchsorted(acts[:, 1], event.time, side="right")
            held = self._pages.hold(np.insert(acts, place, (key, event.time), axis=0))
        else:
            self._pages.append(held, key, event.time)
        if len(held) > self._acts_per_user:
            self._pages.drop_first(held)
        self._users[event.user_id] = held
        if len(self._users) > self._max_users:
            self._gone(self._users.popitem(last=False)[1])
            self._complete = False

    def _all_remembered(self, users: Iterable[str]) -> bool:
        """Tell whether none of these users is at the bound, where older acts were let go."""
        mine = (self._users.get(UserId(user), ()) for user in users)
        sizes = (self._ends[m] - self._starts[m] if isinstance(m, int) else len(m) for m in mine)
        return all(size < self._acts_per_user for size in sizes)

    def _take_back(self, acts: Sequence[Act]) -> None:
        for item in {act.item for act in acts}:
            self._counters.take(item, [(act.time, interest(act.type)) for act in acts if act.item == item])

    def _gone(self, remembered: Remembered) -> list[Act]:
        """Return the acts of a user who is remembered no more."""
        acts = self._acts(remembered)
        if isinstance(remembered, Held):
            self._pages.release(remembered)
        return acts

    def _acts(self, remembered: Remembered | None) -> list[Act]:
        item, kind, time = (column.tolist() for column in self._columns(remembered))
        names = self._counters.names
        return [Act(names[i], TYPES[k], Millis(t)) for i, k, t in zip(item, kind, time, strict=True)]

    def _taken(self, remembered: Remembered | None) -> Held:
        if isinstance(remembered, Held):
            return remembered
        item, kind, time = self._columns(remembered)
        return self._pages.hold(np.stack([_key(item, kind), time], axis=1))

    def _packed(self) -> Interactions:
        """Return the remembered acts as a log whose users stand in order of last activity."""
        held = list(self._users.values())
        rows = np.fromiter((acts if isinstance(acts, int) else -1 for acts in held), np.int64, len(held))
        sizes = np.fromiter((0 if isinstance(acts, int) else len(acts) for acts in held), np.int64, len(held))
        loaded = rows >= 0
        sizes[loaded] = (self._ends - self._starts)[rows[loaded]]
        ends = np.cumsum(sizes)
        both = np.empty((int(sizes.sum()), 2), np.int64)
        both[np.repeat(loaded, sizes)] = self._of_log(rows[loaded], sizes[loaded])
        for acts, end in zip(held, ends.tolist(), strict=True):
            if not isinstance(acts, int):
                both[end - len(acts) : end] = self._pages.rows(acts)
        return Interactions(
            Vocabulary(self._users),
            Vocabulary(self._counters.names),
            np.repeat(np.arange(len(held), dtype=np.int32), sizes),
            (both[:, 0] // _KINDS).astype(np.int32),
            both[:, 1].copy(),
            (both[:, 0] % _KINDS).astype(np.uint8),
            np.full(len(both), -1, np.int64),
        )

    def _of_log(self, rows: Longs, sizes: Longs) -> Longs:
        """Return the acts of users who are rows of the loaded log, as in `Pages`: (sizes.sum(), 2)."""
        first = np.repeat(self._starts[rows] - np.cumsum(sizes) + sizes, sizes)
        at = first + np.arange(len(first))
        return np.stack((_key(self._log.item[at].astype(np.int64), self._log.type[at]), self._log.time[at]), axis=1)

    def _columns(self, remembered: Remembered | None) -> tuple[Longs, Longs, Longs]:
        if isinstance(remembered, int):
            # Rows of the loaded log are rows of the counters: both began with the same names.
            part = slice(self._starts[remembered], self._ends[remembered])
            log = self._log
            return log.item[part].astype(np.int64), log.type[part].astype(np.int64), log.time[part]
        both = self._pages.rows(remembered or Held())
        return both[:, 0] // _KINDS, both[:, 0] % _KINDS, both[:, 1]


def _key(row: Whole, code: Whole) -> Whole:
    return row * _KINDS + code
