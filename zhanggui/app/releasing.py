"""`train`: from the Store to a Release that serves."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import orjson

from zhanggui.app.build import FUSION_FILE, RANKER, current_release, shop_encoder
from zhanggui.app.fine_tuning import fine_tune_encoder
from zhanggui.app.lessons import Lesson
from zhanggui.app.probing import probe_index
from zhanggui.app.ranker_training import TEACHER, train_ranker
from zhanggui.app.settings import Settings
from zhanggui.app.spaces import ENCODER
from zhanggui.app.training_runs import RUNS, forget_run
from zhanggui.core.clock import SystemClock
from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.interactions import Interactions, Judgments
from zhanggui.core.protocols import Store
from zhanggui.data.release import Facts, Release, promote, write_release
from zhanggui.encoders.opening import DEFAULT
from zhanggui.training.collaborative import train
from zhanggui.training.fusion import find, fit_fusion, fit_threshold

Told = Callable[[str, int, int], None]
"""Called with what is being done, steps done, steps in all."""

SEED = 20171016

LANGUAGE = (ENCODER, RANKER, RUNS)
"""What only `train encoder` and `train ranker` make anew; other training takes it over."""


class Part(StrEnum):
    """What can be trained by itself; the rest is taken from the Release in use."""

    ALL = "all"
    COLLABORATIVE = "collaborative"
    FUSION = "fusion"
    ENCODER = "encoder"
    BI_ENCODER = "bi-encoder"
    RANKER = "ranker"


_ENCODER = (ENCODER, FUSION_FILE, f"{RUNS}/{ENCODER}")
MADE = {
    Part.ENCODER: _ENCODER,
    Part.BI_ENCODER: _ENCODER,
    Part.RANKER: (RANKER, f"{RUNS}/{RANKER}", f"{RUNS}/{RANKER}-{TEACHER}"),
}
"""What fine-tuning makes anew, by part; the rest of the Release is taken over."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to train, on what: events before `until`, and judged queries where there are any.

    Of fine-tuning alone (`encoder`: how queries are read; `bi-encoder`: queries and items; `ranker`): `base`, what is
    fine-tuned (a name or a folder); `minutes`, for how long; `query_log`, a file of raw queries.
    """

    part: Part = Part.ALL
    until: Millis | None = None
    judgments: Judgments | None = None
    base: str = DEFAULT
    minutes: float = 20.0
    query_log: Path | None = None


def categories_of(store: Store) -> dict[ItemId, tuple[str, ...]]:
    """Return the category of every product that has one."""
    return {product.item_id: product.category for product in store.all_products() if product.category}


def make_release(settings: Settings, store: Store, order: Order, *, told: Told) -> Release:
    """Train, write a Release beside the others, and put it in use."""
    log = store.interactions(until=order.until)
    before = current_release(settings.home)

    def fill(folder: Path) -> Facts:
        metrics: dict[str, object] = {}
        if order.part in MADE:
            _take_over(
                before, folder, lambda file: not any(Path(file).is_relative_to(made) for made in MADE[order.part])
            )
            return _facts(order, log, *_fine_tune(settings, store, order, folder, told))
        if order.part is Part.FUSION:
            _take_over(before, folder, lambda file: file != FUSION_FILE)
            trained = None
        else:
            trained = train(log, categories_of(store), seed=SEED, until=order.until, progress=told)
            trained.save(folder)
            _take_over(before, folder, lambda file: Path(file).parts[0] in LANGUAGE)
        if order.judgments is not None:
            metrics |= _fit_search(settings, store, order.judgments, folder, told)
        elif before is not None and (before.path / FUSION_FILE).exists():
            shutil.copy2(before.path / FUSION_FILE, folder / FUSION_FILE)
        return _facts(order, log, trained.facts if trained else {}, metrics)

    name = _name(settings.home)
    write_release(settings.home, name=name, clock=SystemClock(), fill=fill)
    release = promote(settings.home, name)
    if order.part in MADE:
        forget_run(settings, MADE[order.part][0])
    return release


def _fine_tune(
    settings: Settings, store: Store, order: Order, folder: Path, told: Told
) -> tuple[dict[str, object], dict[str, object]]:
    """Fine-tune the part that is ordered, into a folder; return settings and metrics for the manifest."""
    lesson = Lesson(
        order.base,
        order.minutes,
        SEED,
        until=order.until,
        judgments=order.judgments,
        query_log=order.query_log,
        passages=order.part is Part.BI_ENCODER,
    )
    tune = train_ranker if order.part is Part.RANKER else fine_tune_encoder
    return tune(settings, store, lesson, folder, told=told)


def _fit_search(settings: Settings, store: Store, judgments: Judgments, folder: Path, told: Told) -> dict[str, object]:
    """Fit the weight of words and the threshold of meaning; write both."""
    encoder = shop_encoder(settings)
    if encoder is None:
        return {}
    with probe_index(settings, store, encoder, tick=lambda done, steps: told("meaning", done, steps)) as probe:
        fusion = fit_fusion(find(probe.index, encoder, judgments.queries), judgments)
        fitted = asdict(fusion) | {"threshold": fit_threshold(probe.index, encoder, judgments)}
    (folder / FUSION_FILE).write_bytes(orjson.dumps(fitted, option=orjson.OPT_INDENT_2))
    return {f"fusion_{name}": value for name, value in fitted.items()}


def _take_over(before: Release | None, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Copy what is not trained anew from the Release in use."""
    if before is not None:
        for file in before.manifest.files:
            if wanted(file):
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(before.path / file, folder / file)


def _facts(order: Order, log: Interactions, learnt: Mapping[str, object], metrics: Mapping[str, object]) -> Facts:
    span = (Millis(int(log.time.min())), Millis(int(log.time.max()))) if len(log) else (None, None)
    settings: dict[str, object] = {"part": order.part.value, "seed": SEED} | dict(learnt)
    return Facts(data_from=span[0], data_until=span[1], settings=settings, metrics=metrics)


def _name(home: Path) -> str:
    day = datetime.now(UTC).strftime("%Y%m%d")
    taken = {path.name for path in (home / "releases").glob("*")}  # torn ones, too
    return next(name for number in range(1, 10_000) if (name := f"{day}-{number}") not in taken)
