"""`train ranker`: the language model learns to judge query and item together; the Release gets a ranker of its own.

A teacher of all layers learns from labels; a student of few, which answers within a page's time, learns from the
teacher. How much it counts beside search is chosen on queries that neither has seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from zhanggui.app.blending import (
    best_weight,
    confirmed,
    harmless_weights,
    logits_of,
    mean_mrr,
    page_milliseconds,
)
from zhanggui.app.build import BLEND_FILE, RANKER
from zhanggui.app.lessons import Lesson, Told
from zhanggui.app.ranker_lessons import RankerLessons, gather_ranker
from zhanggui.app.settings import Settings
from zhanggui.app.training_runs import keep_report, needs_torch, work_folder
from zhanggui.core.clock import SystemClock
from zhanggui.core.interactions import Floats
from zhanggui.core.passage import passage
from zhanggui.core.protocols import PairScorer, Store
from zhanggui.data.examples.graded import Graded
from zhanggui.encoders.cross_encoder import open_cross_encoder
from zhanggui.training.tracking import Recorder, Tracker, open_tracker, write_report
from zhanggui.training.tracking.counting import precision_recall

if TYPE_CHECKING:
    from zhanggui.training.language.cross_base import CrossBase
    from zhanggui.training.language.plan import Plan

TEACHER, STUDENT = "teacher", "student"
TEACHERS_SHARE = 0.6
"""Of the budget; the rest is for the student, and what the teacher answers it."""

LAYERS = 3
"""Of the student: 20 pairs in 40 ms on two threads, `benchmarks.cross_encoder_speed`."""

Facts = dict[str, object]


def train_ranker(settings: Settings, store: Store, lesson: Lesson, folder: Path, *, told: Told) -> tuple[Facts, Facts]:
    """Train teacher and student, export into `folder`, choose the weight; return settings and metrics for the manifest.

    Killed in the middle, the next call with the same data and settings goes on from its last checkpoint. Raises
    ConfigError without torch, InputError with too little to learn from.
    """
    needs_torch()
    lessons = gather_ranker(settings, store, lesson, told=told)
    work, place = work_folder(settings, RANKER), folder / RANKER
    teacher = _teacher(settings, lessons, lesson, work / TEACHER, told)
    student = _student(teacher, lessons, lesson, work / STUDENT, told)
    _export(student, store, lessons, place)
    scorer = open_cross_encoder(place, threads=settings.number("rerank_threads"))
    judged = _Judged.of(teacher, scorer, lessons, told)
    metrics = judged.metrics() | _blended(lessons, scorer, place, told)
    layers = {"layers": _layers(student), "teacher_layers": _layers(teacher)}
    _report(judged, metrics | layers, work, folder)
    return _settings(lesson, lessons) | layers, metrics


def _teacher(settings: Settings, lessons: RankerLessons, lesson: Lesson, work: Path, told: Told) -> "CrossBase":
    from zhanggui.training.language.base import open_base
    from zhanggui.training.language.cross_encoder import train_cross_encoder
    from zhanggui.training.language.plan import Plan, Run

    minutes = lesson.minutes * TEACHERS_SHARE
    plan = Plan(budget_minutes=minutes, seed=lesson.seed, judge_every=100, judged=200, patience=3, checkpoint_every=50)
    base = open_base(lesson.base, cache=settings.cache)
    with _watched(work, plan, lessons, base.name) as tracker:
        run = Run(work / "checkpoints", tracker, _as(TEACHER, told), SystemClock())
        return train_cross_encoder(base, lessons.train, lessons.dev, plan=plan, run=run)


def _student(teacher: "CrossBase", lessons: RankerLessons, lesson: Lesson, work: Path, told: Told) -> "CrossBase":
    from zhanggui.training.language.distil import distil_cross_encoder
    from zhanggui.training.language.plan import Plan, Run

    minutes = lesson.minutes * (1 - TEACHERS_SHARE)
    plan = Plan(budget_minutes=minutes, seed=lesson.seed, epochs=20, learning_rate=2e-4, patience=3)
    layers = min(LAYERS, teacher.model.config.num_hidden_layers)
    with _watched(work, plan, lessons, teacher.name) as tracker:
        run = Run(work / "checkpoints", tracker, _as(STUDENT, told), SystemClock())
        pairs = (lessons.unlabelled, lessons.unlabelled_dev)
        return distil_cross_encoder(teacher, *pairs, layers=layers, plan=plan, run=run)


def _layers(cross: "CrossBase") -> int:
    return int(cross.model.config.num_hidden_layers)


def _as(name: str, told: Told) -> Told:
    """Return a listener for whom the training loop has the name of what is trained; both call themselves ranker."""
    return lambda what, done, steps: told(name if what == RANKER else what, done, steps)


@contextmanager
def _watched(work: Path, plan: "Plan", lessons: RankerLessons, base: str) -> Iterator[Tracker]:
    with closing(open_tracker(work, clock=SystemClock())) as tracker:
        described = {name: value for name, value in asdict(plan).items() if value not in (None, ())}
        counts = {"examples": len(lessons.train), "pairs answered by the teacher": len(lessons.unlabelled)}
        tracker.settings(described | counts | {"base": base} | lessons.material.counts())
        yield tracker


def _export(student: "CrossBase", store: Store, lessons: RankerLessons, folder: Path) -> None:
    """Write the student in 8 bits with the words of this shop's languages."""
    from zhanggui.training.language.export.folder import Smaller, export_cross, for_shop
    from zhanggui.training.language.export.precision import Precision

    recipe, material = student.recipe, lessons.material
    texts = [recipe.passage_prefix + passage(product) for product in store.all_products()]
    texts += [recipe.query_prefix + text for text in material.asked]
    texts += [recipe.query_prefix + pair.left for pair in material.parts.train]
    export_cross(student, folder, for_shop(student, texts, Smaller(Precision.INT8_DYNAMIC)))


def _blended(lessons: RankerLessons, scorer: PairScorer, folder: Path, told: Told) -> Facts:
    """Write the weight that is best where it may be chosen; return what search is elsewhere, without and with it.

    Where nobody judged queries, it must do no harm to what search is sure of, and hold on pages it was not chosen by.
    """
    choice, trial, sure = lessons.choice, lessons.trial, lessons.sure
    chosen, logits, sures = (
        logits_of(one, scorer, told=lambda *steps: told("pages", *steps)) for one in (choice, trial, sure)
    )
    tried = best_weight(choice, chosen, harmless_weights(sure, sures))
    weight = tried if lessons.judged else confirmed(tried, trial, logits)
    (folder / BLEND_FILE).write_bytes(orjson.dumps({"weight": weight}))
    before, after = (mean_mrr(trial, logits, one) for one in (0.0, tried))
    found, kept = (mean_mrr(sure, sures, one) for one in (0.0, tried))
    return {
        "ranker_weight": weight,
        "ranker_weight_tried": tried,
        "ranker_sure_before": round(found, 4),
        "ranker_sure_after": round(kept, 4),
        "ranker_helps": weight > 0,
        "ranker_mrr_before": round(before, 4),
        "ranker_mrr_after": round(after, 4),
        "ranker_ms": round(page_milliseconds(trial, scorer), 1),
        "ranker_mb": round((folder / "model.onnx").stat().st_size / 1e6, 1),
    }


@dataclass(frozen=True, slots=True)
class _Judged:
    """Labels (n,) of the examples of dev and of test, logits of the teacher (`full`) and of what serves (`small`)."""

    labels: Mapping[str, Floats]
    full: Mapping[str, Floats]
    small: Mapping[str, Floats]

    @classmethod
    def of(cls, teacher: "CrossBase", scorer: PairScorer, lessons: RankerLessons, told: Told) -> "_Judged":
        from zhanggui.training.language.cross_base import score

        parts = {name: part for name, part in (("dev", lessons.dev), ("test", lessons.test)) if part}
        full, small = {}, {}
        for done, (name, part) in enumerate(parts.items()):
            told("judging", done, len(parts))
            full[name] = score(teacher, [one.left for one in part], [one.right for one in part])
            small[name] = _scores(scorer, part)
        labels = {name: np.array([one.label for one in part], np.float32) for name, part in parts.items()}
        return cls(labels, full, small)

    def metrics(self) -> Facts:
        """Return loss and accuracy of both on both parts, and on the last one how alike they are."""
        found: Facts = {}
        for name, labels in self.labels.items():
            for who, logits in (("ranker", self.small[name]), (f"ranker_{TEACHER}", self.full[name])):
                found |= {f"{who}_{name}_{what}": value for what, value in figures(logits, labels).items()}
        last = list(self.labels)[-1]
        agreed = float(np.mean((self.full[last] > 0) == (self.small[last] > 0)))
        return found | {"ranker_agreement": round(agreed, 4)}


def figures(logits: Floats, labels: Floats) -> dict[str, float]:
    """Return binary cross-entropy (nats), accuracy and average precision of logits (n,) for labels (n,) of 0 and 1.

    With five wrong ones for a right one, who always says no is right five times in six: see the precision.

    >>> figures(np.array([-9.0, 1.0], np.float32), np.array([0.0, 1.0], np.float32))
    {'loss': 0.1567, 'accuracy': 1.0, 'precision': 1.0}
    """
    wide, right = logits.astype(np.float64), labels > 0.5
    found = {
        "loss": np.mean(np.logaddexp(0.0, wide) - labels * wide),
        "accuracy": np.mean((wide > 0) == right),
        "precision": precision_recall(right, wide).average,
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def _scores(scorer: PairScorer, examples: Sequence[Graded]) -> Floats:
    """Return (n,) logits, each left text asked once with all that stand beside each other."""
    found = [scorer.score(left, [one.right for one in some]) for left, some in groupby(examples, key=_left)]
    return np.concatenate(found)


def _left(one: Graded) -> str:
    return one.left


def _report(judged: _Judged, told: Facts, work: Path, folder: Path) -> None:
    """Draw what both runs came to, and keep it in the Release: `ranker`, what serves, and `ranker-teacher`."""
    for name, place, logits in ((STUDENT, RANKER, judged.small), (TEACHER, f"{RANKER}-{TEACHER}", judged.full)):
        with closing(open_tracker(work / name, clock=SystemClock())) as tracker:
            _draw(tracker, judged.labels, logits)
        with closing(Recorder(work / name, clock=SystemClock())) as recorder:
            recorder.table(
                f"{RANKER} / {TEACHER}", ["figure", "value"], [[key, _cell(one)] for key, one in told.items()]
            )
        write_report(work / name, title=place)
        keep_report(work / name, folder, place)


def _draw(tracker: Tracker, labels: Mapping[str, Floats], logits: Mapping[str, Floats]) -> None:
    for part, truth in labels.items():
        right = truth > 0.5
        tracker.histogram(f"{part}/right", logits[part][right], 0)
        tracker.histogram(f"{part}/wrong", logits[part][~right], 0)
        tracker.curve(f"{part}/told apart", right, logits[part], 0)


def _cell(value: object) -> str | int | float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _settings(lesson: Lesson, lessons: RankerLessons) -> Facts:
    sizes = {"examples": len(lessons.train), "answered_by_teacher": len(lessons.unlabelled)}
    return {"budget_minutes": lesson.minutes, "base": lesson.base} | sizes | lessons.material.counts()
