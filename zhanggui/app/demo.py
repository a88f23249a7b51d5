"""The main job on real data: a year of a grocer, learnt up to a day, and how often the shop was right afterwards."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import orjson

from zhanggui.app.build import current_release, opened_store
from zhanggui.app.releasing import SEED, Order, Part, categories_of, make_release
from zhanggui.app.settings import Settings
from zhanggui.core.protocols import Store
from zhanggui.data.importing import import_events, import_products
from zhanggui.data.release import Release
from zhanggui.data.values import moment
from zhanggui.models.bundle import load
from zhanggui.training.comparing import SHIPPED, Table, compare_next_days, named

CUT, DAYS, K = "2017-10-16", 28, 20
"""Learn from what lies before the cut; be judged by the days from it, on pages of K items."""

FORMAT, PRODUCTS, PURCHASES = "completejourney", 92_331, 1_469_307
EXAMPLES = 12
FINE_TUNING = {Part.ENCODER: 3.0, Part.RANKER: 2.0}
"""Minutes of training for each part; vectors and pairs take their time besides."""

Tick = Callable[[int, int], None]
Stage = Callable[[str], AbstractContextManager[Tick]]
"""Opens a stage of the work by its name and gives the function that tells its progress."""


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo's shop. Each step does only what is not done yet, so a demo that was stopped goes on where it was."""

    settings: Settings

    @classmethod
    def beside(cls, settings: Settings) -> "Demo":
        """Return the demo that lives in the folder `demo` of the home, on a clock that starts at the cut."""
        changed = {"home": str(settings.home / "demo"), "clock_start": CUT, "shopper_choice": "on"}
        return cls(replace(settings, values={**settings.values, **changed}))

    @property
    def report(self) -> Path:
        """Return the file that the page /report shows."""
        return self.settings.home / "report.json"

    def prepare(self, stage: Stage) -> None:
        """Import and learn."""
        with opened_store(self.settings) as store:
            self._import(store, stage)
            if current_release(self.settings.home) is None:
                order = Order(until=moment(CUT))
                with stage("learning") as tick:
                    make_release(self.settings, store, order, told=lambda _, done, steps: tick(done, steps))

    def fine_tune(self, stage: Stage) -> dict[Part, Release]:
        """Teach the language model this shop's words, once; return the Release that each part came with."""
        made: dict[Part, Release] = {}
        with opened_store(self.settings) as store:
            for part, minutes in FINE_TUNING.items():
                release = current_release(self.settings.home)
                if release is None or not (release.path / part.value).is_dir():
                    order = Order(part, until=moment(CUT), minutes=minutes)
                    with stage(part.value) as tick:
                        release = make_release(self.settings, store, order, told=lambda _, done, n: tick(done, n))
                made[part] = release
        return made

    def judge(self, stage: Stage) -> None:
        """Write the report: what would have been shown against what was really bought in the days from the cut."""
        release = current_release(self.settings.home)
        if self.report.exists() or release is None:
            return
        with opened_store(self.settings) as store:
            log, categories = store.interactions(), categories_of(store)
        with stage("judging") as tick:
            tables = compare_next_days(
                load(release.path), log, categories, cut=moment(CUT), days=DAYS, k=K, seed=SEED, progress=tick
            )
        beside = self.report.with_suffix(".new")
        beside.write_bytes(orjson.dumps(report_of(tables, log.items.ids), option=orjson.OPT_INDENT_2))
        os.replace(beside, self.report)

    def _import(self, store: Store, stage: Stage) -> None:
        rejects, totals = self.settings.home / "rejects", store.totals()
        if totals.products < PRODUCTS:
            with stage("products") as tick:
                import_products(store, [], format=FORMAT, rejects=rejects / "products.jsonl", progress=tick)
        if totals.events < PURCHASES:
            with stage("purchases") as tick:
                import_events(store, [], format=FORMAT, rejects=rejects / "events.jsonl", progress=tick)


def report_of(tables: dict[str, Table], items: tuple[str, ...]) -> dict[str, object]:
    """Return the report in the form that the storefront reads."""
    return {
        "cut": CUT,
        "days": DAYS,
        "k": K,
        "households": tables["all"].evaluation.n,
        "tables": {name: [row.as_json() for row in found.evaluation.rows] for name, found in tables.items()},
        "comparison": {
            name: {"rival": found.rival, **{m: [c.difference, c.low, c.high] for m, c in found.comparison.items()}}
            for name, found in tables.items()
        },
        "examples": _examples(tables["all"], items),
    }


def _examples(found: Table, items: tuple[str, ...]) -> list[dict[str, object]]:
    """Return households spread evenly from the fewest right to the most, so that nobody is shown the best ones only."""
    page, targets = found.pages[SHIPPED], found.question.targets
    order = np.argsort(found.hits, kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, num=min(EXAMPLES, len(order))).round().astype(int)]
    return [
        {
            "user": found.question.users[row],
            "shown": named(page[row], items),
            "bought": named(targets.slice(row, row + 1).item, items),
        }
        for row in chosen.tolist()
    ]
