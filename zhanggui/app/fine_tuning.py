"""`train encoder`: the language model learns this shop's words; the Release gets an encoder of its own."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from zhanggui.app.build import FUSION_FILE, current_release, fusion_of
from zhanggui.app.probing import probe_index
from zhanggui.app.settings import Settings
from zhanggui.app.spaces import ENCODER
from zhanggui.core.clock import SystemClock
from zhanggui.core.errors import ConfigError, InputError
from zhanggui.core.ids import Millis
from zhanggui.core.interactions import Judgments
from zhanggui.core.passage import passage
from zhanggui.core.protocols import Encoder, Store
from zhanggui.data.examples.behaviour import behaviour_pairs
from zhanggui.data.examples.catalogue import catalogue_pairs
from zhanggui.data.examples.leaks import check_leaks, without_judged
from zhanggui.data.examples.pair import Pair
from zhanggui.data.examples.splits import Parts, split
from zhanggui.encoders.folder import open_folder
from zhanggui.training.fusion import DEFAULT_THRESHOLD, find, fit_fusion, fit_threshold, measured_spread
from zhanggui.training.tracking import open_tracker, picture_encoder, write_report

if TYPE_CHECKING:
    from zhanggui.training.language.base import Base

Told = Callable[[str, int, int], None]

RUNS = "runs"
_KEPT = ("report.html", "metrics.jsonl")
_PICTURED = 500
_CALIBRATION = 64


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the encoder learns from: `base` by name or folder, events before `until`, judged queries to keep apart."""

    base: str
    minutes: float
    seed: int
    until: Millis | None = None
    judgments: Judgments | None = None


def fine_tune_encoder(
    settings: Settings, store: Store, lesson: Lesson, folder: Path, *, told: Told
) -> tuple[dict[str, object], dict[str, object]]:
    """Train, export into `folder`, make all vectors, refit the fusion; return settings and metrics for the manifest.

    Killed in the middle, the next call with the same data and settings goes on from its last checkpoint. Raises
    ConfigError without torch, InputError with too little to learn from.
    """
    if find_spec("torch") is None:
        raise ConfigError("Fine-tuning needs torch, which is not installed. Run: pip install 'zhanggui[train]'")
    parts = _pairs(store, lesson)
    work = settings.home / "training" / ENCODER
    trained, plan, figures = _trained(settings, parts, lesson, work, told)
    encoder = _exported(trained, store, parts, folder / ENCODER)
    _draw(encoder, parts.test or parts.dev, work)
    for name in _KEPT:
        (folder / RUNS / ENCODER).mkdir(parents=True, exist_ok=True)
        shutil.copy2(work / name, folder / RUNS / ENCODER / name)
    fitted = _fusion(settings, store, encoder, lesson, [pair.left for pair in parts.dev], told)
    (folder / FUSION_FILE).write_bytes(orjson.dumps(fitted, option=orjson.OPT_INDENT_2))
    return plan | {"base": lesson.base}, figures | {f"fusion_{name}": value for name, value in fitted.items()}


def forget_run(settings: Settings) -> None:
    """Delete the checkpoints of a run whose Release is in place."""
    shutil.rmtree(settings.home / "training" / ENCODER, ignore_errors=True)


def _pairs(store: Store, lesson: Lesson) -> Parts:
    judged = list(lesson.judgments.queries.values()) if lesson.judgments else []
    until = lesson.until if lesson.until is not None else SystemClock().now()
    pairs = catalogue_pairs(list(store.all_products()), seed=lesson.seed)
    pairs += behaviour_pairs(store, until=until, seed=lesson.seed)
    pairs = without_judged(pairs, judged)
    check_leaks(pairs, until=until, judged=judged)
    parts = split(pairs, seed=lesson.seed)
    if not parts.train or not parts.dev:
        raise InputError(
            f"{len(pairs)} pairs are too few to learn from and to judge by; some hundred products with titles of "
            "several words are enough. Run: zhanggui import products FILE"
        )
    return parts


def _trained(
    settings: Settings, parts: Parts, lesson: Lesson, work: Path, told: Told
) -> tuple["Base", dict[str, object], dict[str, object]]:
    from zhanggui.training.language.base import open_base
    from zhanggui.training.language.bi_encoder import train_bi_encoder
    from zhanggui.training.language.plan import Plan, Run

    plan = Plan(budget_minutes=lesson.minutes, seed=lesson.seed)
    base = open_base(lesson.base, cache=settings.cache)
    with closing(open_tracker(work, clock=SystemClock())) as tracker:
        described = {name: value for name, value in asdict(plan).items() if value not in (None, ())}
        tracker.settings(described | {"base": base.name, "pairs": len(parts.train), "dev pairs": len(parts.dev)})
        run = Run(work / "checkpoints", tracker, told, SystemClock())
        trained = train_bi_encoder(base, parts.train, parts.dev, plan=plan, run=run)
    figures = {"before": _judged(base, parts.test or parts.dev), "after": _judged(trained, parts.test or parts.dev)}
    learnt: dict[str, object] = {"pairs": len(parts.train), "budget_minutes": lesson.minutes, "batch": plan.batch}
    return trained, learnt, {f"encoder_mrr_{when}": value for when, value in figures.items()}


def _judged(base: "Base", pairs: Sequence[Pair]) -> float:
    """Return the mean reciprocal rank of held-out pairs among themselves."""
    from zhanggui.training.language.judging import mrr
    from zhanggui.training.language.vectors import passages, queries

    pairs = pairs[:_PICTURED]
    lefts, rights = [pair.left for pair in pairs], [pair.right for pair in pairs]
    return round(float(mrr(queries(base, lefts) @ passages(base, rights).T, lefts, rights)[0]), 4)


def _exported(trained: "Base", store: Store, parts: Parts, folder: Path) -> Encoder:
    """Write the encoder in 8 bits with the words that this shop uses, and open it."""
    from zhanggui.training.language.export.folder import SMALL, export_encoder
    from zhanggui.training.language.export.words import kept_ids, prunable

    recipe = trained.recipe
    texts = [recipe.passage_prefix + passage(product) for product in store.all_products()]
    texts += [recipe.query_prefix + pair.left for pair in parts.train]
    smaller = replace(SMALL, calibration=[pair.right for pair in parts.train[:_CALIBRATION]])
    if prunable(trained.tokenizer):
        smaller = replace(smaller, tokens=kept_ids(trained.tokenizer, texts))
    export_encoder(trained, folder, smaller)
    return open_folder(folder)


def _draw(encoder: Encoder, held: Sequence[Pair], work: Path) -> None:
    held = held[:_PICTURED]
    if len(held) > 1:
        with closing(open_tracker(work, clock=SystemClock())) as tracker:
            picture_encoder(tracker, encoder, [pair.left for pair in held], [pair.right for pair in held], step=0)
    write_report(work, title=ENCODER)


def _fusion(
    settings: Settings, store: Store, encoder: Encoder, lesson: Lesson, texts: Sequence[str], told: Told
) -> Mapping[str, float]:
    """Return the fusion for this encoder: how far its cosines spread is measured, its weight fitted to judgments.

    All vectors of the catalogue are made on the way and kept: the shop moves to the Release at once.
    """
    with probe_index(settings, store, encoder, tick=lambda done, steps: told("meaning", done, steps)) as index:
        fusion = replace(fusion_of(current_release(settings.home)), spread=measured_spread(index, encoder, texts))
        threshold = DEFAULT_THRESHOLD
        if lesson.judgments is not None:
            fusion = fit_fusion(find(index, encoder, lesson.judgments.queries), lesson.judgments, start=fusion)
            threshold = fit_threshold(index, encoder, lesson.judgments)
    return asdict(fusion) | {"threshold": threshold}
