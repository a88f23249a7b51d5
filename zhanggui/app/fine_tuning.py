"""`train encoder`: the language model learns this shop's words; the Release gets an encoder of its own."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from zhanggui.app.build import FUSION_FILE, current_release, fusion_of
from zhanggui.app.lessons import FEWEST, Lesson, Material, Told, gather
from zhanggui.app.probing import probe_index
from zhanggui.app.settings import Settings
from zhanggui.app.spaces import ENCODER
from zhanggui.app.training_runs import keep_report, needs_torch, work_folder
from zhanggui.core.clock import SystemClock
from zhanggui.core.passage import passage
from zhanggui.core.protocols import Encoder, Store
from zhanggui.data.examples.pair import Pair
from zhanggui.encoders.folder import open_folder
from zhanggui.training.fusion import DEFAULT_THRESHOLD, find, fit_fusion, fit_threshold, measured_spread
from zhanggui.training.tracking import open_tracker, picture_encoder, write_report

if TYPE_CHECKING:
    from zhanggui.training.language.base import Base
    from zhanggui.training.language.plan import Run

_PICTURED = 500
_CALIBRATION = 64
_STUDENT_SHARE = 0.25
_FEWEST_LAYERS = 3
_TAUGHT_A_MINUTE = 1_500
"""Texts whose vectors the whole model makes for its student, for a minute of the student's budget."""


def fine_tune_encoder(
    settings: Settings, store: Store, lesson: Lesson, folder: Path, *, told: Told
) -> tuple[dict[str, object], dict[str, object]]:
    """Train, export into `folder`, make all vectors, refit the fusion; return settings and metrics for the manifest.

    Killed in the middle, the next call with the same data and settings goes on from its last checkpoint. Raises
    ConfigError without torch, InputError with too little to learn from.
    """
    needs_torch()
    material = gather(settings, store, lesson, told=told)
    parts = material.parts
    work = work_folder(settings, ENCODER)
    trained, student, plan, figures = _trained(settings, material, lesson, work, told)
    encoder = _exported(trained, student, store, material, folder / ENCODER)
    _draw(encoder, parts.test or parts.dev, work)
    keep_report(work, folder, ENCODER)
    fitted = _fusion(settings, store, encoder, lesson, [pair.left for pair in parts.dev], told)
    (folder / FUSION_FILE).write_bytes(orjson.dumps(fitted, option=orjson.OPT_INDENT_2))
    return plan | {"base": lesson.base}, figures | {f"fusion_{name}": value for name, value in fitted.items()}


def _trained(
    settings: Settings, material: Material, lesson: Lesson, work: Path, told: Told
) -> tuple["Base", "Base | None", dict[str, object], dict[str, object]]:
    """Return the encoder, a student of it for queries where it has layers to spare, and what to tell of both."""
    from zhanggui.training.language.base import open_base
    from zhanggui.training.language.bi_encoder import Hard, train_bi_encoder
    from zhanggui.training.language.plan import Plan, Run

    parts = material.parts
    plan = Plan(budget_minutes=lesson.minutes * (1 - _STUDENT_SHARE), seed=lesson.seed)
    base = open_base(lesson.base, cache=settings.cache)
    hard = [Hard(tuple(material.items[text] for text in wrong), wrong) for wrong in material.negatives]
    with closing(open_tracker(work, clock=SystemClock())) as tracker:
        described = {name: value for name, value in asdict(plan).items() if value not in (None, ())}
        tracker.settings(described | {"base": base.name, "dev pairs": len(parts.dev)} | material.counts())
        run = Run(work / "checkpoints", tracker, told, SystemClock())
        trained = train_bi_encoder(base, parts.train, parts.dev, plan=plan, run=run, hard=hard)
        student = _student(trained, material, lesson, replace(run, folder=work / "student"))
    held = parts.test or parts.dev
    figures = {"before": _judged(base, held), "after": _judged(trained, held)}
    if student is not None:
        figures["small"] = _judged(trained, held, queries=student)
    learnt: dict[str, object] = {"budget_minutes": lesson.minutes, "batch": plan.batch, **material.counts()}
    return trained, student, learnt, {f"encoder_mrr_{when}": value for when, value in figures.items()}


def _student(trained: "Base", material: Material, lesson: Lesson, run: "Run") -> "Base | None":
    """Return a model of half the layers that reads queries as the whole one does: they wait for it, passages do not."""
    from zhanggui.training.language.distil import distil_encoder
    from zhanggui.training.language.plan import Plan

    layers = trained.model.config.num_hidden_layers // 2
    if layers < _FEWEST_LAYERS:
        return None
    minutes = lesson.minutes * _STUDENT_SHARE
    texts = list(dict.fromkeys([*material.asked, *(pair.left for pair in material.parts.train)]))
    rows = np.random.default_rng(lesson.seed).permutation(len(texts))[: max(FEWEST, round(_TAUGHT_A_MINUTE * minutes))]
    dev = list(dict.fromkeys(pair.left for pair in material.parts.dev))
    plan = Plan(budget_minutes=minutes, seed=lesson.seed, batch=64, epochs=20, learning_rate=2e-4)
    return distil_encoder(trained, [texts[row] for row in rows], dev, layers=layers, plan=plan, run=run)


def _judged(base: "Base", pairs: Sequence[Pair], *, queries: "Base | None" = None) -> float:
    """Return the mean reciprocal rank of held-out pairs among themselves."""
    from zhanggui.training.language import vectors
    from zhanggui.training.language.judging import mrr

    pairs = pairs[:_PICTURED]
    lefts, rights = [pair.left for pair in pairs], [pair.right for pair in pairs]
    return round(
        float(mrr(vectors.queries(queries or base, lefts) @ vectors.passages(base, rights).T, lefts, rights)[0]), 4
    )


def _exported(trained: "Base", student: "Base | None", store: Store, material: Material, folder: Path) -> Encoder:
    """Write the encoder in 8 bits with the words that this shop uses, and open it."""
    from zhanggui.training.language.export.folder import SMALL, export_encoder
    from zhanggui.training.language.export.words import kept_ids, prunable

    recipe, train = trained.recipe, material.parts.train
    texts = [recipe.passage_prefix + passage(product) for product in store.all_products()]
    texts += [recipe.query_prefix + text for text in [*material.asked, *(pair.left for pair in train)]]
    some = train[:_CALIBRATION]
    smaller = replace(SMALL, calibration=[p.right for p in some], query_calibration=[p.left for p in some])
    if prunable(trained.tokenizer):
        smaller = replace(smaller, tokens=kept_ids(trained.tokenizer, texts))
    export_encoder(trained, folder, smaller, queries=student)
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
