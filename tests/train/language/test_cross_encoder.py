"""Planted answers: an item fits when it holds the word that the query asks for."""

import numpy as np
import pytest
from tiny import tiny_base

from zhanggui.core.errors import ConfigError, InputError
from zhanggui.data.examples.graded import Graded
from zhanggui.training.language.base import save_base
from zhanggui.training.language.cross_base import open_cross, score
from zhanggui.training.language.cross_encoder import Aim, judged, train_cross_encoder
from zhanggui.training.language.distil import distil_cross_encoder, taught
from zhanggui.training.language.plan import Plan, Run
from zhanggui.training.tracking.protocol import Silent

GOOD, BAD, FILL = ["fresh", "new"], ["broken", "old"], [f"f{n}" for n in range(12)]
WORDS = [*GOOD, *BAD, *FILL, "wants", "wants-junk"]
PLAN = Plan(epochs=8, batch=16, learning_rate=3e-3, patience=0, frozen_words=False)


def examples(count: int, *, seed: int) -> list[Graded]:
    """Who "wants" is served by good items, who "wants-junk" by bad ones: neither text alone decides."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        junk, good = rng.integers(2, size=2)
        word = rng.choice(GOOD if good else BAD)
        left = f"{rng.choice(FILL)} {'wants-junk' if junk else 'wants'}"
        made.append(Graded(left, f"{rng.choice(FILL)} {word} {rng.choice(FILL)}", float(junk != good)))
    return made


class Watcher(Silent):
    def __init__(self):
        self.told, self.curves = [], []

    def scalars(self, step, values):
        self.told.append(dict(values))

    def curve(self, name, labels, scores, step):
        self.curves.append((name, labels, scores))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    watcher = Watcher()
    run = Run(tmp_path_factory.mktemp("run"), tracker=watcher)
    parts = [examples(count, seed=seed) for seed, count in enumerate((400, 80, 120))]
    return train_cross_encoder(tiny_base(WORDS), *parts, plan=PLAN, run=run), watcher


def test_it_finds_the_rule_that_neither_text_tells_alone(trained):
    cross, watcher = trained
    assert judged(cross, examples(100, seed=9))["accuracy"] > 0.95
    assert watcher.told[-1]["test/accuracy"] > 0.95
    epochs = [one for one in watcher.told if "dev/accuracy" in one]
    assert len(epochs) == 1 + PLAN.epochs and {"train/loss", "train/accuracy", "dev/loss"} <= epochs[-1].keys()
    [(name, labels, scores)] = watcher.curves
    assert name == "test" and len(labels) == len(scores) == 120
    assert scores[labels].mean() > scores[~labels].mean() + 2


def test_what_was_saved_opens_again_with_equal_scores(trained, tmp_path):
    cross, _ = trained
    save_base(cross, tmp_path / "ranker")
    lefts, rights = ["f1 wants", "wants-junk"], ["fresh f2", "fresh f2"]
    again = open_cross(tmp_path / "ranker")
    assert np.allclose(score(cross, lefts, rights), score(again, lefts, rights), atol=1e-5)
    with pytest.raises(ConfigError, match="zhanggui train ranker"):
        open_cross(tmp_path)
    save_base(tiny_base(WORDS), tmp_path / "headless")
    with pytest.raises(ConfigError, match="lacks"):
        open_cross(tmp_path / "headless")


def test_grades_become_probabilities(tmp_path):
    grades = {"fresh": 1.0, "new": 0.7, "old": 0.3, "broken": 0.0}
    train = [Graded("wants", f"f{n % 12} {word}", grade) for n in range(60) for word, grade in grades.items()]
    cross = train_cross_encoder(tiny_base(WORDS), train, train[:40], plan=PLAN, run=Run(tmp_path))
    told = 1 / (1 + np.exp(-score(cross, ["wants"] * 4, [f"f3 {word}" for word in grades])))
    assert np.allclose(told, list(grades.values()), atol=0.15), told


def test_a_student_with_fewer_layers_scores_as_its_teacher(trained, tmp_path):
    teacher, _ = trained
    texts = [[(one.left, one.right) for one in examples(count, seed=seed)] for seed, count in ((5, 400), (6, 60))]
    student = distil_cross_encoder(teacher, *texts, layers=1, plan=PLAN, run=Run(tmp_path))
    assert student.model.config.num_hidden_layers == 1
    lessons = taught(teacher, [(one.left, one.right) for one in examples(100, seed=8)])
    assert judged(student, lessons, Aim.TEACHER)["accuracy"] > 0.9
    assert judged(student, examples(100, seed=8))["accuracy"] > 0.9


def test_what_cannot_be_trained_is_told(tmp_path):
    base, some = tiny_base(WORDS), examples(4, seed=0)
    with pytest.raises(InputError, match="Got 4 and 0"):
        train_cross_encoder(base, some, [], plan=PLAN, run=Run(tmp_path))
    with pytest.raises(InputError, match="Got 2.0 for 'tea'"):
        train_cross_encoder(base, some, [Graded("tea", "mug", 2.0)], plan=PLAN, run=Run(tmp_path))
