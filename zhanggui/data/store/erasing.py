"""Take users, or everything old, out of the tables, in transactions of bounded size, and leave word in the feed.

Whoever erases locks the head of the feed and the count of rankings before he looks; whoever writes pages locks that
count, too. So a page was committed before, and is found here, or it comes after, and its writer finds the erasure.
A word in the feed stands in the same transaction as the last deletion it speaks of: what broke off is found again by
the next call, and what did not is told.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, bindparam, delete, exists, func, insert, select

from zhanggui.core.erasure import Erased, Erasure, digest_of
from zhanggui.core.ids import Millis, UserId
from zhanggui.data.store.chunks import chunks
from zhanggui.data.store.schema import ERASURES, EVENTS, RANKINGS, USERS
from zhanggui.data.store.writing import add, grow, take_turn

AT_ONCE = 5_000
ASKED_AT_ONCE = 1_000

# Built once: every small write and every look at the feed asks them.
_AFTER = (
    select(ERASURES).where(ERASURES.c.position > bindparam("after", type_=BigInteger)).order_by(ERASURES.c.position)
)
_SOME_AFTER = _AFTER.limit(bindparam("most", type_=Integer))
_LAST_ERASURE = select(func.max(ERASURES.c.position))

Transaction = Callable[[], AbstractContextManager[Connection]]
Found = Sequence[tuple[int, str]]
"""Events as (position, user_id)."""


@dataclass(slots=True)
class _Tally:
    """What went so far."""

    events: int = 0
    rankings: int = 0
    users: int = 0
    position: int = 0

    def erased(self) -> Erased:
        return Erased(self.events, self.rankings, self.users, self.position)


def erase_users(writing: Transaction, users: Sequence[UserId], *, at_once: int = AT_ONCE) -> Erased:
    """Remove events, rankings and rows of users; each erasure is told, even that of a user who was not there.

    (A page of his may wait to be written in another process.) At most `at_once` events and rankings go by one commit.
    """
    tally = _Tally()
    for user in dict.fromkeys(filter(None, users)):  # nobody has no name: without one, a page is anonymous
        while not _some_of(writing, user, tally, at_once):
            pass
    with writing() as connection:
        tally.position = take_turn(connection)
    return tally.erased()


def forget_before(reading: Transaction, writing: Transaction, moment: Millis, *, at_once: int = AT_ONCE) -> Erased:
    """Remove events and rankings older than a moment. They are searched for in transactions that only read.

    The feed is told with the first deletion and with the last, not with each: a reader may have to start anew for it.
    """
    tally, after, told = _Tally(), 0, False
    while True:
        with reading() as connection:
            found = _old_events(connection, moment, after, at_once)
        last = len(found) < at_once
        with writing() as connection:
            position = _locked(connection)
            _count(tally, connection, _delete_events(connection, found), 0)
            if (found and not told) or (last and (found or told)):
                position, told = _tell(connection, position, before=moment), True
            tally.position = position
        if last:
            break
        after = found[-1][0]
    _old_rankings(reading, writing, moment, tally, at_once)
    return tally.erased()


def erasures_after(connection: Connection, position: int, *, limit: int | None = None) -> list[tuple[int, Erasure]]:
    """Return what was erased after a position, with its number in the feed."""
    told = {"after": position} | ({} if limit is None else {"most": limit})
    rows = connection.execute(_AFTER if limit is None else _SOME_AFTER, told)
    return [(row.position, Erasure(row.salt, row.digest, row.before)) for row in rows]


def last_erasure(connection: Connection) -> int:
    """Return the number of the last erasure, 0 when there was none."""
    return int(connection.execute(_LAST_ERASURE).scalar() or 0)


def _some_of(writing: Transaction, user: UserId, tally: _Tally, at_once: int) -> bool:
    """Remove a chunk of a user's rows; tell whether none is left."""
    with writing() as connection:
        position = _locked(connection)
        found = _events_where(connection, EVENTS.c.user_id == user, at_once)
        told_anonymously = (EVENTS.c.anonymous_id == user) & (EVENTS.c.anonymous_id != "") & (EVENTS.c.user_id != user)
        found += _events_where(connection, told_anonymously, at_once - len(found))
        events = _delete_events(connection, found)
        pages = select(RANKINGS.c.ranking_id).where(RANKINGS.c.user_id == user).limit(at_once)
        rankings = connection.execute(delete(RANKINGS).where(RANKINGS.c.ranking_id.in_(pages))).rowcount
        _count(tally, connection, events, rankings)
        done = len(found) < at_once and rankings < at_once
        if any(owner != user for _, owner in found):
            position = _tell(connection, position)
        _tell(connection, position, user=user)
    return done


def _old_rankings(reading: Transaction, writing: Transaction, moment: Millis, tally: _Tally, at_once: int) -> None:
    after, c = "", RANKINGS.c
    while True:
        with reading() as connection:
            query = select(c.ranking_id).where(c.time < moment, c.ranking_id > after).order_by(c.ranking_id)
            found = list(connection.execute(query.limit(at_once)).scalars())
        if not found:
            return
        with writing() as connection:
            gone = sum(
                connection.execute(delete(RANKINGS).where(c.ranking_id.in_(part))).rowcount
                for part in chunks(found, ASKED_AT_ONCE)
            )
            _count(tally, connection, (0, 0), gone)
        after = found[-1]


def _locked(connection: Connection) -> int:
    """Lock out writers of events and of rankings; return the head of the feed."""
    position = take_turn(connection)
    grow(connection, rankings=0)
    return position


def _count(tally: _Tally, connection: Connection, events: tuple[int, int], rankings: int) -> None:
    for name, gone in (("events", events[0]), ("users", events[1]), ("rankings", rankings)):
        if gone:
            grow(connection, **{name: -gone})
            setattr(tally, name, getattr(tally, name) + gone)


def _events_where(connection: Connection, condition: ColumnElement[bool], limit: int) -> list[tuple[int, str]]:
    query = select(EVENTS.c.position, EVENTS.c.user_id).where(condition).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(query)]


def _old_events(connection: Connection, moment: Millis, after: int, limit: int) -> list[tuple[int, str]]:
    query = select(EVENTS.c.position, EVENTS.c.user_id).where(EVENTS.c.position > after, EVENTS.c.time < moment)
    return [(row[0], row[1]) for row in connection.execute(query.order_by(EVENTS.c.position).limit(limit))]


def _delete_events(connection: Connection, found: Found) -> tuple[int, int]:
    """Delete events, and users who have none left; return how many of both went."""
    events = users = 0
    for positions in chunks((position for position, _ in found), ASKED_AT_ONCE):
        events += connection.execute(delete(EVENTS).where(EVENTS.c.position.in_(positions))).rowcount
    left = exists().where(EVENTS.c.user_id == USERS.c.user_id)
    for names in chunks(_distinct(user for _, user in found), ASKED_AT_ONCE):
        users += connection.execute(delete(USERS).where(USERS.c.user_id.in_(names), ~left)).rowcount
    return events, users


def _distinct(names: Iterable[str]) -> list[str]:
    return sorted(set(names))


def _tell(connection: Connection, position: int, *, user: str = "", before: Millis | None = None) -> int:
    """Put the word at the end of the feed, in place of an earlier one that says the same or less; return its number."""
    salt = connection.execute(select(ERASURES.c.salt).limit(1)).scalar() or secrets.token_hex(16)
    digest, c = digest_of(user, salt) if user else "", ERASURES.c
    same = c.digest == digest if before is None else c.before <= before
    connection.execute(delete(ERASURES).where(same, c.before.is_(None) if before is None else c.before.is_not(None)))
    row = {"position": position + 1, "salt": salt, "digest": digest, "before": before}
    connection.execute(insert(ERASURES).values(row))
    return add(connection, "position", 1)
