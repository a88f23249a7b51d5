"""`train encoder`: the language model learns this shop's words; the Release gets an encoder of its own."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from zhanggui.app.build import FUSION_FILE, current_release, fusion_of
from zhanggui.app.lessons import Lesson, Material, Told, gather, gather_pairs
from zhanggui.app.probing import probe_index
from zhanggui.app.query_lessons import QueryLessons, gather_lists
from zhanggui.app.settings import Settings
from zhanggui.app.spaces import ENCODER, VECTORS
from zhanggui.app.training_runs import keep_report, needs_torch, work_folder
from zhanggui.core.clock import SystemClock
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.protocols import Encoder, Store
from zhanggui.data.examples.pair import Pair
from zhanggui.encoders import DEFAULT, LateEncoder, keeping
from zhanggui.encoders.folder import open_folder
from zhanggui.encoders.graph_parts import TOKENS_BEFORE_THE_END
from zhanggui.training.fusion import DEFAULT_THRESHOLD, find, fit_fusion, fit_threshold, measured_spread
from zhanggui.training.tracking import open_tracker, picture_encoder, write_report

if TYPE_CHECKING:
    from zhanggui.training.language.base import Base
    from zhanggui.training.language.plan import Run

_PICTURED = 500
_CALIBRATION = 32
_QUERIES_SHARE = 0.4
"""Of the budget, where the side of items is trained, too."""
_LEARNING_RATE, _ANCHOR = 5e-5, 20.0
"""Of the model of queries; the weight is that of staying near the vectors before."""
_TEMPERATURE = 0.01
"""That of e5's own training: above, its narrow cosines must be torn apart to say the same."""


def fine_tune_encoder(
    settings: Settings, store: Store, lesson: Lesson, folder: Path, *, told: Told
) -> tuple[dict[str, object], dict[str, object]]:
    """Train, export into `folder`, make all vectors, refit the fusion; return settings and metrics for the manifest.

    Killed in the middle, the next call with the same data and settings goes on from its last checkpoint. Raises
    ConfigError without torch, InputError with too little to learn from.
    """
    needs_torch()
    material = gather(settings, store, lesson, told=told) if lesson.passages else gather_pairs(store, lesson)
    lists = gather_lists(settings, store, lesson, material, told=told)
    parts = material.parts
    work = work_folder(settings, ENCODER)
    trained, asking, plan, figures = _trained(settings, material, lists, lesson, work, told)
    encoder = _exported(trained, asking, store, material, folder / ENCODER)
    if lists.known is not None and not lesson.passages:
        _taken_over(settings.home / VECTORS, encoder, lists.passages, lists.known)
    _draw(encoder, parts.test or parts.dev, work)
    keep_report(work, folder, ENCODER)
    fitted = _fusion(settings, store, encoder, lesson, [pair.left for pair in parts.dev], told)
    (folder / FUSION_FILE).write_bytes(orjson.dumps(fitted, option=orjson.OPT_INDENT_2))
    return plan | {"base": lesson.base}, figures | {f"fusion_{name}": value for name, value in fitted.items()}


def _trained(
    settings: Settings, material: Material, lists: QueryLessons, lesson: Lesson, work: Path, told: Told
) -> tuple["Base", "Base", dict[str, object], dict[str, object]]:
    """Return the model of passages, that of queries, and what to tell of both."""
    from zhanggui.training.language.base import open_base
    from zhanggui.training.language.plan import Run

    base = open_base(lesson.base, cache=settings.cache)
    held = material.parts.test or material.parts.dev
    with closing(open_tracker(work, clock=SystemClock())) as tracker:
        run = Run(work / "checkpoints", tracker, told, SystemClock())
        tracker.settings({"base": base.name, "lists": len(lists.train), **material.counts()})
        trained = _both_sides(base, material, lesson, run) if lesson.passages else base
        known = None if lesson.passages else lists.known
        asking, found = _queries(trained, lists, known, lesson, replace(run, folder=work / "queries"))
    figures = {"before": _judged(base, held), "after": _judged(trained, held, queries=asking)}
    measured: dict[str, object] = {f"encoder_mrr_{at}": value for at, value in figures.items()}
    measured |= {f"encoder_found_{which}": value for which, value in found.items()}
    learnt: dict[str, object] = {
        "budget_minutes": lesson.minutes,
        "passages": lesson.passages,
        "lists": len(lists.train),
        **material.counts(),
    }
    return trained, asking, learnt, measured


def _both_sides(base: "Base", material: Material, lesson: Lesson, run: "Run") -> "Base":
    from zhanggui.training.language.bi_encoder import Hard, train_bi_encoder
    from zhanggui.training.language.plan import Plan

    plan = Plan(budget_minutes=lesson.minutes * (1 - _QUERIES_SHARE), seed=lesson.seed)
    hard = [Hard(tuple(material.items[text] for text in wrong), wrong) for wrong in material.negatives]
    return train_bi_encoder(base, material.parts.train, material.parts.dev, plan=plan, run=run, hard=hard)


def _queries(
    trained: "Base", lists: QueryLessons, known: Floats | None, lesson: Lesson, run: "Run"
) -> tuple["Base", dict[str, float]]:
    """Return the model for queries, and figures.

    `found` is the reciprocal rank of what held-out lists have first, among all items: of the base, and of the model.
    """
    from zhanggui.training.language import vectors
    from zhanggui.training.language.plan import Plan
    from zhanggui.training.language.query_encoder import train_query_encoder

    items = vectors.passages(trained, list(lists.passages)) if known is None else known
    layers = trained.model.config.num_hidden_layers
    plan = Plan(
        budget_minutes=lesson.minutes * (_QUERIES_SHARE if lesson.passages else 1),
        seed=lesson.seed,
        batch=64,
        epochs=10,
        judge_every=50,
        patience=4,
        learning_rate=_LEARNING_RATE,
        anchor=_ANCHOR,
        temperature=_TEMPERATURE,
        frozen_layers=max(0, layers - TOKENS_BEFORE_THE_END),  # tokens stay what they are
    )
    asking = train_query_encoder(trained, (lists.train, lists.dev), items, layers=layers, plan=plan, run=run)
    return asking, {"base": _found(trained, lists, items), "trained": _found(asking, lists, items)}


def _found(model: "Base", lists: QueryLessons, items: Floats) -> float:
    from zhanggui.training.language import vectors

    held = [one for one in lists.dev if one.rows]
    if not held:
        return 0.0
    cosines = vectors.queries(model, [one.text for one in held]) @ items.T
    first = [one.rows[int(np.argmax(one.shares))] for one in held]
    ranks = 1 + (cosines > cosines[np.arange(len(held)), first][:, None]).sum(axis=1)
    return round(float((1 / ranks).mean()), 4)


def _judged(base: "Base", pairs: Sequence[Pair], *, queries: "Base | None" = None) -> float:
    """Return the mean reciprocal rank of held-out pairs among themselves."""
    from zhanggui.training.language import vectors
    from zhanggui.training.language.judging import mrr

    pairs = pairs[:_PICTURED]
    lefts, rights = [pair.left for pair in pairs], [pair.right for pair in pairs]
    return round(
        float(mrr(vectors.queries(queries or base, lefts) @ vectors.passages(base, rights).T, lefts, rights)[0]), 4
    )


def _exported(trained: "Base", asking: "Base", store: Store, material: Material, folder: Path) -> Encoder:
    """Write the encoder in 8 bits with the words of this shop's languages, and open it."""
    from zhanggui.training.language.export.folder import SMALL, export_encoder, for_shop

    recipe, train = trained.recipe, material.parts.train
    texts = [recipe.passage_prefix + passage(product) for product in store.all_products()]
    texts += [recipe.query_prefix + text for text in [*material.asked, *(pair.left for pair in train)]]
    some = train[:_CALIBRATION]
    smaller = replace(SMALL, calibration=[pair.right for pair in some])
    export_encoder(trained, folder, for_shop(trained, texts, smaller), queries=asking)
    return open_folder(folder)


def _taken_over(folder: Path, encoder: Encoder, passages: Sequence[str], vectors: Floats) -> None:
    """Keep under the new encoder's name what the built-in one has read: passages go in as they did."""
    keeper, cache = keeping(encoder, folder)
    hashes = [content_hash(text) for text in passages]
    with closing(cache):
        cache.put(hashes, vectors)
        if isinstance(keeper, LateEncoder):
            keeper.take_over(DEFAULT, folder, hashes)


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
    with probe_index(settings, store, encoder, tick=lambda done, steps: told("meaning", done, steps)) as probe:
        fusion = replace(fusion_of(current_release(settings.home)), spread=measured_spread(probe.index, encoder, texts))
        threshold = DEFAULT_THRESHOLD
        if lesson.judgments is not None:
            fusion = fit_fusion(find(probe.index, encoder, lesson.judgments.queries), lesson.judgments, start=fusion)
            threshold = fit_threshold(probe.index, encoder, lesson.judgments)
    return asdict(fusion) | {"threshold": threshold}
