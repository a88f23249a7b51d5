"""What a client knows: what was acknowledged, and what was sent without an answer."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch under way: events by id, or changes of the catalogue (a product, or None where it is removed)."""

    events: tuple[Json, ...] = ()
    changes: tuple[tuple[str, Json | None], ...] = ()


@dataclass(slots=True)
class Ledger:
    """What must be in the Store. `open` batches may be there whole or not at all, until that is known."""

    events: dict[str, Json] = field(default_factory=dict)
    products: dict[str, Json | None] = field(default_factory=dict)
    steps: int = 0
    open: list[Sent] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, sent: Sent) -> Sent:
        """Note a batch before it is sent."""
        with self._lock:
            self.open.append(sent)
        return sent

    def acknowledge(self, sent: Sent) -> int:
        """Note that a batch is committed; return how many changes of the feed it must have made."""
        with self._lock:
            made = self.changes_of(sent)
            self.open.remove(sent)
            self.events.update((event["event_id"], event) for event in sent.events)
            self.products.update(sent.changes)
            self.steps += made
            return made

    def give_up(self, sent: Sent) -> None:
        """Note that a batch was not committed: it is as if never sent."""
        with self._lock:
            self.open.remove(sent)

    def changes_of(self, sent: Sent) -> int:
        """Return how many positions a batch takes: known events and what is there unchanged take none."""
        events = {event["event_id"] for event in sent.events} - self.events.keys()
        made, now = len(events), dict(self.products)
        for item, product in sent.changes:
            made += now.get(item) != product
            now[item] = product
        return made


def events_of(rng: Any, user_count: int, items: Sequence[str], name: str, count: int, now: int) -> tuple[Json, ...]:
    """Make events with ids of their own, none later than `now` (ms)."""
    kinds = ("view", "view", "view", "cart", "purchase", "like", "favourite")
    return tuple(
        {
            "event_id": f"{name}/{number}",
            "user_id": f"u{rng.randrange(user_count)}",
            "type": rng.choice(kinds),
            "item_id": rng.choice(items),
            "time": now - rng.randrange(10_000_000),
        }
        for number in range(count)
    )


WORDS = (
    *("green black white red blue oolong jasmine mint lemon ginger honey milk dark sweet salted roasted".split()),
    *("tea coffee chocolate biscuit cup mug kettle pot spoon bowl plate towel soap candle lamp chair".split()),
    *("绿茶 红茶 咖啡 巧克力 饼干 杯子 水壶 毛巾 肥皂 蜡烛 台灯 椅子".split()),
)
CATEGORIES = ("food > tea", "food > coffee", "food > sweets", "home > kitchen", "home > bath")
BRANDS = ("Aster", "Birch", "Cedar", "掌柜")


def product_of(rng: Any, item: str) -> Json:
    """Make a product as the API takes it."""
    return {
        "item_id": item,
        "title": " ".join(rng.sample(WORDS, 3)),
        "category": rng.choice(CATEGORIES),
        "brand": rng.choice(BRANDS),
        "price": rng.randrange(100, 9900) / 100,
        "stock": rng.randrange(3),
        "available": rng.random() < 0.9,
        "attributes": {"size": rng.choice("SML"), "colour": rng.choice(("red", "blue"))},
        "created_at": 1_700_000_000_000 + rng.randrange(10**9),
    }
