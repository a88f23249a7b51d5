"""What a shopper looked at last, as a text, and the item that came next."""

from collections.abc import Iterable, Iterator

from zhanggui.core.event import EventType
from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.interactions import Interactions
from zhanggui.core.protocols import Store
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.texts import Texts

LONGEST = 200
"""Characters of a history's text: about what an encoder that reads 128 tokens takes in."""

BETWEEN = " | "
RECENT = 30
"""Acts that are looked back on: more titles never fit, and what is older may well come again."""

PER_USER = 20
"""Pairs of one shopper, at most: the latest. A robot is one voice among many."""

_ACTS = (
    EventType.VIEW,
    EventType.CLICK,
    EventType.CART,
    EventType.FAVOURITE,
    EventType.LIKE,
    EventType.PURCHASE,
)


def history_text(titles: Iterable[str], *, longest: int = LONGEST) -> str:
    """Return the text of a history, given its titles from the latest back: whole titles, as many as fit.

    The latest comes first, so that an encoder that cuts the end forgets the oldest; alone it may be cut itself.

    >>> history_text(["tea", "mug", "kettle"], longest=10)
    'tea | mug'
    """
    text = ""
    for title in dict.fromkeys(title for title in titles if title):
        if text and len(text) + len(BETWEEN) + len(title) > longest:
            break
        text = f"{text}{BETWEEN}{title}" if text else title[:longest]
    return text


def history_pairs(
    store: Store, texts: Texts, *, until: Millis, longest: int = LONGEST, per_user: int = PER_USER
) -> list[Pair]:
    """Return (history's text → next item) from acts before `until`, by time.

    A history holds what happened strictly before the item (things bought at once do not foretell each other), the last
    30 acts at most; an item that is among them already is not asked.
    """
    log = store.interactions(until=until, types=_ACTS)
    starts = log.histories().starts.tolist()
    pairs = [
        pair
        for first, last in zip(starts, starts[1:], strict=False)
        for pair in _of_user(log, first, last, texts, longest, per_user)
    ]
    return sorted(pairs, key=lambda pair: (pair.time or 0, pair.item, pair.left))


def _of_user(log: Interactions, first: int, last: int, texts: Texts, longest: int, most: int) -> Iterator[Pair]:
    items = [ItemId(log.items.ids[row]) for row in log.item[first:last].tolist()]
    times = log.time[first:last].tolist()
    found = 0
    for at in range(len(items) - 1, 0, -1):
        if found == most:
            return
        pair = _at(items, times, at, texts, longest)
        if pair is not None:
            found += 1
            yield pair


def _at(items: list[ItemId], times: list[int], at: int, texts: Texts, longest: int) -> Pair | None:
    """Return the pair whose next item stands at a place of a shopper's acts, None where there is none."""
    item = items[at]
    if item not in texts.passages:
        return None
    earlier = at
    while earlier and times[earlier - 1] == times[at]:
        earlier -= 1
    seen = [one for one in reversed(items[max(0, earlier - RECENT) : earlier]) if one in texts.titles]
    if any(texts.same(item, one) for one in seen):
        return None
    text = history_text((texts.titles[one] for one in seen), longest=longest)
    return Pair(text, texts.passages[item], item, PairKind.HISTORY, Millis(times[at])) if text else None
