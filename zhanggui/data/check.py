"""Look over a shop's data before anyone trains on it: named checks, each with what is so and what cures it."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from zhanggui.core.clock import Clock, SystemClock, iso
from zhanggui.core.event import TYPES, EventType
from zhanggui.core.ids import DAY, Millis
from zhanggui.core.interactions import Interactions, Longs
from zhanggui.core.passage import content_hash
from zhanggui.core.product import Product
from zhanggui.core.protocols import Store, Totals

FEWEST_ITEMS = 3
_1990 = 631_152_000_000
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")


class Status(StrEnum):
    """How a check came out. FAIL: training would be wrong or useless."""

    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check. `value` is the figure that decided; `cure` is empty when it passed."""

    name: str
    status: Status
    fact: str
    value: float
    cure: str = ""


def check(store: Store, *, clock: Clock | None = None) -> list[Finding]:
    """Run every check. Reads the whole Store once; memory holds the columns of the log and 16 bytes a title."""
    now = (clock or SystemClock()).now()
    totals, catalogue = store.totals(), _Catalogue()
    for product in store.all_products():
        catalogue.add(product)
    log = store.interactions()
    findings = [_something(totals)]
    findings += _of_catalogue(catalogue) if catalogue.products else []
    findings += _of_log(log, catalogue, totals, now) if totals.events else []
    return findings


@dataclass(slots=True)
class _Catalogue:
    """What is counted while the catalogue streams by."""

    products: int = 0
    titled: int = 0
    categorised: int = 0
    priced: int = 0
    not_positive: int = 0
    titles: set[bytes] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    scripts: Counter[str] = field(default_factory=Counter)

    def add(self, product: Product) -> None:
        self.products += 1
        self.ids.add(product.item_id)
        self.categorised += bool(product.category)
        self.priced += product.price is not None and product.price > 0
        self.not_positive += product.price is not None and product.price <= 0
        if product.title:
            self.titled += 1
            self.titles.add(bytes.fromhex(content_hash(product.title)))
            self.scripts["Chinese"] += bool(_HAN.search(product.title))
            self.scripts["Latin"] += bool(_LATIN.search(product.title))


def _something(totals: Totals) -> Finding:
    fact = f"{totals.products:,} products, {totals.events:,} events of {totals.users:,} users"
    if totals.products and totals.events:
        return Finding("content", Status.PASS, fact, totals.products)
    if totals.products:
        cure = "Search works; to recommend what others bought: zhanggui import events FILE"
        return Finding("content", Status.WARN, fact, totals.events, cure)
    cure = "zhanggui import products FILE"
    return Finding("content", Status.WARN if totals.events else Status.FAIL, fact, totals.products, cure)


def _of_catalogue(seen: _Catalogue) -> Iterator[Finding]:
    n = seen.products
    yield _share(
        "titles", seen.titled, n, "products have a title", 0.99, 0.5, "Add the column `title` and import again"
    )
    yield _share(
        "different titles",
        len(seen.titles),
        seen.titled,
        "titles differ from each other",
        0.5,
        0.0,
        "Variants of one thing: give them a `group_id`; else write what tells them apart into the title",
    )
    yield _share("categories", seen.categorised, n, "products have a category", 0.9, 0.0, "Add the column `category`")
    yield _share("prices", seen.priced, n, "products have a price", 0.9, 0.0, "Add the column `price`")
    fact, cure = f"{seen.not_positive:,} products cost nothing or less", "Mend `price`, or leave it out when unknown"
    yield Finding("prices above zero", *_judged(fact, seen.not_positive, seen.not_positive == 0, True, cure))
    words = ", ".join(f"{count:,} in {script} script" for script, count in sorted(seen.scripts.items()) if count)
    languages = sum(count > 0 for count in seen.scripts.values())
    fact, cure = f"Titles: {words or 'no letters in any'}", "Search needs words: check the column `title`"
    yield Finding("languages", *_judged(fact, languages, languages > 0, True, cure))


def _of_log(log: Interactions, seen: _Catalogue, totals: Totals, now: Millis) -> Iterator[Finding]:
    n = max(len(log), 1)
    yield _types(log, totals)
    if seen.products:
        known = np.array([name in seen.ids for name in log.items.ids], bool)
        cure = "They can be learnt from but not shown; import the missing products: zhanggui import products FILE"
        yield _share("known items", int(np.sum(known[log.item])), len(log), "events name a product", 0.99, 0.5, cure)
    wrong = int(np.sum((log.time > now) | (log.time < _1990)))
    fact = f"{wrong:,} events lie after {iso(now)} or before 1990"
    cure = "Times are ISO 8601, or seconds or milliseconds since 1970: mend the column `time`"
    yield Finding("times", *_judged(fact, wrong, wrong == 0, wrong < n / 100, cure))
    yield _span(log)
    yield _robot(log)
    what = f"users have {FEWEST_ITEMS} different items or more"
    cure = "Import a longer stretch of events"
    yield _share("histories", int(np.sum(_breadth(log) >= FEWEST_ITEMS)), len(log.users), what, 0.2, 0.0, cure)


def _types(log: Interactions, totals: Totals) -> Finding:
    counts = np.bincount(log.type, minlength=len(TYPES))
    words = ", ".join(f"{counts[kind.code]:,} {kind}" for kind in TYPES if counts[kind.code])
    fact = f"{words or 'nothing with an item'}; {totals.events - len(log):,} without an item"
    bought = int(counts[EventType.PURCHASE.code])
    cure = "Without purchases, views and clicks are learnt from; import purchases when there are some"
    return Finding("types", *_judged(fact, bought, bought > 0, True, cure))


def _span(log: Interactions) -> Finding:
    days = 0.0 if not len(log) else float(log.time.max() - log.time.min()) / DAY
    dates = "" if not len(log) else f", {iso(Millis(int(log.time.min())))} to {iso(Millis(int(log.time.max())))}"
    cure = "A split by time needs some weeks; import a longer stretch"
    return Finding("span", *_judged(f"The log spans {days:,.0f} days{dates}", days, days >= 28, True, cure))


def _robot(log: Interactions) -> Finding:
    counts = np.bincount(log.user, minlength=1)
    most, share = int(counts.argmax()), float(counts.max() / max(len(log), 1))
    name = log.users.ids[most] if len(log.users) else ""
    fact = f"The most active user, {name!r}, has {share:.1%} of the events"
    strange = share > 0.05 and counts.max() > 20 * np.median(counts)
    return Finding(
        "robots", *_judged(fact, share, not strange, True, "A robot or a till? Leave it out and import again")
    )


def _breadth(log: Interactions) -> Longs:
    """Return how many different items each user has."""
    width = max(len(log.items), 1)
    pairs = np.sort(log.user.astype(np.int64) * width + log.item)
    first = np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]
    return np.bincount(pairs[first] // width, minlength=len(log.users))


def _share(name: str, part: int, whole: int, what: str, good: float, bearable: float, cure: str) -> Finding:
    share = part / whole if whole else 0.0
    return Finding(name, *_judged(f"{part:,} of {whole:,} {what}", share, share >= good, share >= bearable, cure))


def _judged(fact: str, value: float, good: bool, bearable: bool, cure: str) -> tuple[Status, str, float, str]:
    status = Status.PASS if good else Status.WARN if bearable else Status.FAIL
    return status, fact, value, "" if good else cure
