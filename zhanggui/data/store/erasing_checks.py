"""What every Store promises of erasing, as functions; `store_checks` yields them, too."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

from zhanggui.core.candidate import Ranking
from zhanggui.core.erasure import Erased, named
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import EventId, ItemId, Millis, RankingId, UserId
from zhanggui.core.protocols import ChangeKind, Store, Totals
from zhanggui.core.request import Surface

Make = Callable[[], Store]
Check = Callable[[Make], None]

ANN, BOB, PHONE = UserId("ann"), UserId("bob"), UserId("phone-7")


def erasing_checks() -> Iterator[Check]:
    """Yield every check."""
    yield check_an_erased_user_is_nowhere
    yield check_the_feed_names_nobody
    yield check_an_erasure_is_told_once
    yield check_anonymous_events_go_too
    yield check_nobody_is_no_error
    yield check_who_returns_is_new
    yield check_pages_that_waited_are_left_out
    yield check_what_is_old_is_forgotten
    yield check_forgetting_is_told_once
    yield check_the_log_ends_where_asked


def view(serial: int, user: UserId, *, anonymous: str = "") -> Event:
    """Return an event at that moment."""
    return Event(EventId(f"{serial}"), user, EventType.VIEW, Millis(serial), ItemId(f"i{serial}"), anonymous)


def page(serial: int, user: UserId) -> Ranking:
    """Return a page shown at that moment."""
    return Ranking(RankingId(f"r{serial}"), Surface.SEARCH, Millis(serial), (ItemId("tea"),), (0.5,), (1.0,), user)


def check_an_erased_user_is_nowhere(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([view(1, ANN), view(2, BOB), view(3, ANN)])
        store.put_rankings([page(1, ANN), page(2, BOB)])
        assert store.erase_users([ANN, ANN]) == Erased(events=2, rankings=1, users=1, position=4)
        assert store.totals() == Totals(products=0, events=1, rankings=1, users=1) and store.position() == 4
        assert not store.events_of(ANN) and store.ranking(RankingId("r1")) is None
        assert store.interactions().users.ids == ("bob",) and store.ranking(RankingId("r2")) == page(2, BOB)
        store.scrub([ANN])
        assert store.events_of(BOB) == [view(2, BOB)]


def check_the_feed_names_nobody(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([view(1, ANN), view(2, BOB)])
        store.erase_users([ANN])
        changes = store.changes(0)
        assert [(c.position, c.kind) for c in changes] == [(2, ChangeKind.EVENT), (3, ChangeKind.ERASED)]
        assert repr(ANN) not in repr(changes)
        assert named([c.erasure for c in changes if c.erasure], [ANN, BOB]) == {ANN}


def check_an_erasure_is_told_once(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([view(1, ANN)])
        store.erase_users([ANN])
        store.put_events([view(2, ANN)])
        assert store.erase_users([ANN, BOB]).position == 5
        told = [(c.position, named([c.erasure], [ANN, BOB])) for c in store.changes(0) if c.erasure]
        assert told == [(4, {ANN}), (5, {BOB})]
        assert [c.position for c in store.changes(4, limit=1)] == [5]


def check_anonymous_events_go_too(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([view(1, PHONE), view(2, ANN, anonymous=PHONE), view(3, BOB), view(4, BOB, anonymous=PHONE)])
        assert store.erase_users([PHONE]) == Erased(events=3, rankings=0, users=2, position=6)
        erasures = [c.erasure for c in store.changes(0) if c.erasure]
        assert [bool(e.digest) for e in erasures] == [False, True]  # ann and bob lost events: derive anew
        assert store.totals() == Totals(products=0, events=1, rankings=0, users=1)


def check_nobody_is_no_error(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([view(1, ANN)])
        store.put_rankings([page(1, UserId(""))])
        assert store.erase_users([]) == store.erase_users([UserId("")]) == Erased(0, 0, 0, 1)
        assert store.erase_users([BOB]) == Erased(0, 0, 0, 2)  # told all the same: a page of his may wait somewhere
        assert store.totals() == Totals(products=0, events=1, rankings=1, users=1)


def check_who_returns_is_new(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([view(1, ANN)])
        store.put_events([view(2, ANN)])
        store.erase_users([ANN])
        assert store.put_events([view(1, ANN), view(3, ANN)]).written == 2
        assert store.totals().users == 1 and [e.event_id for e in store.events_of(ANN)] == ["1", "3"]
        assert [c.position for c in store.changes(0)] == [3, 4, 5]


def check_pages_that_waited_are_left_out(make: Make) -> None:
    with closing(make()) as store:
        store.erase_users([ANN])
        for serial in range(3):
            store.put_rankings([page(serial, ANN), page(serial + 10, BOB)])
        kept = [serial for serial in range(20) if store.ranking(RankingId(f"r{serial}"))]
        assert kept == [2, 10, 11, 12] and store.totals().rankings == 4


def check_what_is_old_is_forgotten(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([view(1, ANN), view(2, BOB), view(9, ANN), view(3, BOB)])
        store.put_rankings([page(1, ANN), page(3, BOB)])
        assert store.forget_before(Millis(3)) == Erased(events=2, rankings=1, users=0, position=5)
        assert store.forget_before(Millis(4)) == Erased(events=1, rankings=1, users=1, position=6)
        assert store.totals() == Totals(products=0, events=1, rankings=0, users=1)
        assert store.events_of(ANN) == [view(9, ANN)] and store.put_events([view(2, BOB)]).position == 7
        assert store.totals().users == 2


def check_forgetting_is_told_once(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([view(n, ANN) for n in range(1, 7)])
        store.put_rankings([page(1, ANN), replace(page(2, ANN), time=Millis(8))])
        for moment in (2, 4, 4, 1):
            store.forget_before(Millis(moment))
        assert [(c.position, c.erasure.before) for c in store.changes(0) if c.erasure] == [(8, 4)]
        assert store.position() == 8


def check_the_log_ends_where_asked(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([view(1, ANN), view(2, BOB), view(3, ANN)])
        assert store.interactions(up_to=2).users.ids == ("ann", "bob") and len(store.interactions(up_to=2)) == 2
        assert len(store.interactions(up_to=0)) == 0
