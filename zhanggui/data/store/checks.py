"""What every Store promises, as functions; authors of another Store run the same checks on theirs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

from zhanggui.core.candidate import Ranking
from zhanggui.core.event import Event, EventType
from zhanggui.core.ids import EventId, ItemId, Millis, RankingId, UserId
from zhanggui.core.product import Product, Translation
from zhanggui.core.protocols import ChangeKind, Receipt, Store, Totals
from zhanggui.core.request import Surface
from zhanggui.data.store.erasing_checks import erasing_checks

Make = Callable[[], Store]
Check = Callable[[Make], None]

TEA = Product(
    ItemId("tea"),
    title="龙井茶",
    description="green\ntea",
    translations={"en": Translation("Dragon well", "green tea")},
    category=("food", "tea"),
    brand="茶 & Co",
    price=10.5,
    currency="CNY",
    attributes={"size": ("50 g", "100 g"), "origin": ("杭州",)},
    images=("a.jpg", "b.jpg"),
    audio=("a.mp3",),
    video=("a.mp4",),
    url="https://example.org/?a='b'",
    stock=0,
    available=False,
    seller_id="s",
    group_id="g",
    place="p",
    created_at=Millis(0),
)
MUG = Product(ItemId("mug"))
VIEW = Event(EventId("e1"), UserId("ann"), EventType.VIEW, Millis(20), ItemId("tea"))
SEARCH = Event(
    EventId("e2"),
    UserId("ann"),
    EventType.SEARCH,
    Millis(10),
    session_id="s",
    ranking_id=RankingId("r"),
    position=0,
    query="茶'; DROP TABLE events; --",
    value=0.0,
    consent=False,
)
BUY = replace(VIEW, event_id=EventId("e3"), type=EventType.PURCHASE, order_id="o", quantity=2.0, consent=True)
PAGE = Ranking(
    RankingId("r"), Surface.SEARCH, Millis(9), (ItemId("tea"),), (0.5,), (1.0,), UserId("ann"), "茶", "v1", "p"
)


def store_checks() -> Iterator[Check]:
    """Yield every check, to be parametrised over."""
    yield check_a_new_store_is_empty
    yield check_a_product_comes_back_as_it_went_in
    yield check_an_unchanged_product_leaves_the_feed_alone
    yield check_a_removed_product_is_gone_and_can_return
    yield check_the_catalogue_comes_in_order_of_id
    yield check_an_event_comes_back_as_it_went_in
    yield check_an_event_is_written_once
    yield check_events_of_a_user_are_the_latest_oldest_first
    yield check_interactions_are_sorted_and_cut
    yield check_baskets_are_orders_else_sessions
    yield check_the_feed_has_every_change_once
    yield check_the_feed_can_be_read_in_small_steps
    yield check_a_ranking_is_kept_as_first_told
    yield check_totals_count
    yield check_writers_in_many_threads_lose_nothing
    yield from erasing_checks()


def check_a_new_store_is_empty(make: Make) -> None:
    with closing(make()) as store:
        assert store.totals() == Totals(0, 0, 0, 0) and store.position() == 0
        assert not store.changes(0) and not list(store.all_products()) and not store.products([ItemId("tea")])
        log = store.interactions()
        assert len(log) == len(log.users) == len(log.items) == 0
        assert store.put_events([]) == store.put_products([]) == Receipt(0, 0, 0)


def check_a_product_comes_back_as_it_went_in(make: Make) -> None:
    with closing(make()) as store:
        assert store.put_products([TEA, MUG]) == Receipt(2, 0, 2)
        assert store.products([ItemId("mug"), ItemId("no"), ItemId("tea")]) == {"mug": MUG, "tea": TEA}


def check_an_unchanged_product_leaves_the_feed_alone(make: Make) -> None:
    with closing(make()) as store:
        store.put_products([TEA])
        assert (
            store.put_products([TEA, replace(TEA, attributes=dict(reversed([*TEA.attributes.items()])))]).repeated == 2
        )
        assert store.position() == 1
        dearer = replace(TEA, price=11.0)
        assert store.put_products([dearer, TEA, TEA]) == Receipt(2, 1, 3)
        assert store.products([ItemId("tea")]) == {"tea": TEA}


def check_a_removed_product_is_gone_and_can_return(make: Make) -> None:
    with closing(make()) as store:
        store.put_products([TEA])
        assert store.remove_products([ItemId("tea"), ItemId("no"), ItemId("tea")]) == Receipt(1, 2, 2)
        assert not store.products([ItemId("tea")]) and not list(store.all_products())
        assert [(c.position, c.kind, c.item_id) for c in store.changes(0)] == [(2, ChangeKind.REMOVED, "tea")]
        assert store.put_products([TEA]) == Receipt(1, 0, 3) and store.totals().products == 1


def check_the_catalogue_comes_in_order_of_id(make: Make) -> None:
    with closing(make()) as store:
        ids = ["b", "a", "B", "é", "茶", "a b", "10", "9"]
        store.put_products(Product(ItemId(name)) for name in ids)
        assert [p.item_id for p in store.all_products()] == sorted(ids)


def check_an_event_comes_back_as_it_went_in(make: Make) -> None:
    with closing(make()) as store:
        far = replace(BUY, event_id=EventId("e4"), position=2**62, time=Millis(-(2**52)), value=-1e-300, text="é\t\n😀")
        store.put_events([VIEW, SEARCH, BUY, far])
        assert [change.event for change in store.changes(0)] == [VIEW, SEARCH, BUY, far]


def check_an_event_is_written_once(make: Make) -> None:
    with closing(make()) as store:
        assert store.put_events([VIEW, VIEW]) == Receipt(1, 1, 1)
        later = replace(VIEW, time=Millis(99))
        assert store.put_events([later, BUY, later]) == Receipt(1, 2, 2)
        assert store.events_of(UserId("ann")) == [VIEW, BUY]


def check_events_of_a_user_are_the_latest_oldest_first(make: Make) -> None:
    with closing(make()) as store:
        store.put_events([VIEW, SEARCH, BUY, replace(VIEW, event_id=EventId("other"), user_id=UserId("bob"))])
        assert store.events_of(UserId("ann")) == [SEARCH, VIEW, BUY]
        assert store.events_of(UserId("ann"), limit=2) == [VIEW, BUY] and store.events_of(UserId("eve")) == []


def check_interactions_are_sorted_and_cut(make: Make) -> None:
    with closing(make()) as store:
        store.put_products([MUG])
        store.put_events([replace(VIEW, event_id=EventId("0"), user_id=UserId("bob")), BUY, VIEW, SEARCH])
        store.put_events([replace(VIEW, event_id=EventId("4"), item_id=ItemId("cup"), time=Millis(19))])
        log = store.interactions()
        assert log.users.ids == ("ann", "bob") and log.items.ids == ("cup", "mug", "tea")
        assert log.user.tolist() == [0, 0, 0, 1] and log.item.tolist() == [0, 2, 2, 2]
        assert log.time.tolist() == [19, 20, 20, 20] and log.type.tolist() == [0, EventType.PURCHASE.code, 0, 0]
        assert store.interactions(until=Millis(20)).items.ids == ("cup", "mug")
        assert store.interactions(types=[EventType.PURCHASE]).type.tolist() == [EventType.PURCHASE.code]


def check_baskets_are_orders_else_sessions(make: Make) -> None:
    with closing(make()) as store:
        marks = [("o", ""), ("o", "s"), ("", "s"), ("", "o"), ("", "")]
        store.put_events(
            replace(VIEW, event_id=EventId(str(n)), order_id=order, session_id=session)
            for n, (order, session) in enumerate(marks)
        )
        basket = store.interactions().basket.tolist()
        assert basket[4] == -1 and basket[0] == basket[1] and len(set(basket)) == 4


def check_the_feed_has_every_change_once(make: Make) -> None:
    with closing(make()) as store:
        store.put_products([TEA])
        store.put_events([VIEW])
        store.put_products([MUG, replace(TEA, stock=1)])
        kinds = [(c.position, c.kind, c.item_id) for c in store.changes(0)]
        assert kinds == [(2, "event", "tea"), (3, "product", "mug"), (4, "product", "tea")]
        assert store.changes(3)[0].product == replace(TEA, stock=1) and store.position() == 4


def check_the_feed_can_be_read_in_small_steps(make: Make) -> None:
    with closing(make()) as store:
        for n in range(6):
            store.put_events([replace(VIEW, event_id=EventId(str(n)))])
            store.put_products([Product(ItemId(str(n)))])
        seen: list[int] = []
        while step := store.changes(seen[-1] if seen else 0, limit=5):
            seen += [change.position for change in step]
        assert seen == list(range(1, 13))


def check_a_ranking_is_kept_as_first_told(make: Make) -> None:
    with closing(make()) as store:
        store.put_rankings([PAGE, replace(PAGE, query="other")])
        store.put_rankings([replace(PAGE, items=(), scores=(), propensities=())])
        assert store.ranking(RankingId("r")) == PAGE and store.ranking(RankingId("no")) is None
        assert store.totals().rankings == 1 and store.position() == 0


def check_totals_count(make: Make) -> None:
    with closing(make()) as store:
        store.put_products([TEA, MUG])
        store.remove_products([ItemId("mug")])
        store.put_events([VIEW, SEARCH, replace(BUY, user_id=UserId("bob"))])
        store.put_events([VIEW])
        assert store.totals() == Totals(products=1, events=3, rankings=0, users=2)


def check_writers_in_many_threads_lose_nothing(make: Make) -> None:
    with closing(make()) as store:

        def work(name: str) -> None:
            for n in range(20):
                store.put_events([replace(VIEW, event_id=EventId(f"{name}{n}"), user_id=UserId(name))])
                store.put_products([Product(ItemId(f"{name}{n}"))])
                assert store.position() >= 2 * n + 2

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [change.position for change in store.changes(0)] == list(range(1, 161))
        assert store.totals() == Totals(products=80, events=80, rankings=0, users=4)
