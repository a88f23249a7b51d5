"""Planted answers: every query word belongs to one kind of item; training must find which."""

import numpy as np
import pytest
from tiny import tiny_base

from zhanggui.core.errors import ConfigError, InputError
from zhanggui.core.ids import ItemId
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.training.language.bi_encoder import Hard, train_bi_encoder
from zhanggui.training.language.distil import distil_encoder, kept_layers
from zhanggui.training.language.judging import mrr
from zhanggui.training.language.plan import Plan, Run
from zhanggui.training.language.vectors import passages, queries
from zhanggui.training.tracking.protocol import Silent

KINDS = 10
ASKED, SOLD = [f"q{n}" for n in range(KINDS)], [f"p{n}" for n in range(KINDS)]
FILL = [f"f{n}" for n in range(6)]
WORDS = [*ASKED, *SOLD, *FILL]
PLAN = Plan(epochs=6, batch=12, learning_rate=4e-3, patience=0, frozen_words=False, anchor=0.0)


def pairs(count: int, *, seed: int) -> list[Pair]:
    """The n-th query word asks for the n-th item word; all else is filling."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        kind, (a, b) = number % KINDS, rng.choice(FILL, 2)
        made.append(Pair(f"{a} q{kind}", f"p{kind} {b}", ItemId(str(kind)), PairKind.QUERY))
    return made


class Watcher(Silent):
    def __init__(self):
        self.told = []

    def scalars(self, step, values):
        self.told.append((step, dict(values)))


def found(base, dev) -> float:
    lefts, rights = [pair.left for pair in dev], [pair.right for pair in dev]
    return mrr(queries(base, lefts) @ passages(base, rights).T, lefts, rights)[0]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    base, watcher = tiny_base(WORDS, prefixes=True), Watcher()
    run = Run(tmp_path_factory.mktemp("run"), tracker=watcher)
    return base, train_bi_encoder(base, pairs(240, seed=0), pairs(KINDS, seed=1), plan=PLAN, run=run), watcher


def test_it_finds_the_rule_and_leaves_the_base_alone(trained):
    base, new, watcher = trained
    dev = pairs(KINDS, seed=2)
    assert found(base, dev) < 0.5 and found(new, dev) > 0.9
    assert all(not np.allclose(queries(base, [text]), queries(new, [text])) for text in ("q1", "f1"))
    steps = [(step, values["dev/mrr"]) for step, values in watcher.told if "dev/mrr" in values]
    assert len(steps) == 1 + PLAN.epochs and steps[-1][1] > 0.9 > steps[0][1]
    assert {"train/loss", "train/accuracy", "dev/loss", "dev/accuracy"} <= watcher.told[-1][1].keys()


def test_the_same_seed_gives_the_same_weights(trained, tmp_path):
    base, new, _ = trained
    again = train_bi_encoder(base, pairs(240, seed=0), pairs(KINDS, seed=1), plan=PLAN, run=Run(tmp_path))
    assert np.array_equal(queries(new, ASKED), queries(again, ASKED))


def test_frozen_words_stay_and_anchors_hold_what_was_known(tmp_path):
    base, train, dev = tiny_base(WORDS), pairs(240, seed=0), pairs(KINDS, seed=1)
    kept = {}
    for anchor in (0.0, 5.0):
        plan = Plan(epochs=3, batch=12, learning_rate=2e-3, patience=0, anchor=anchor, anchors=40)
        run = Run(tmp_path / str(anchor))
        new = train_bi_encoder(base, train, dev, plan=plan, run=run, anchors=FILL)
        assert np.array_equal(words(base), words(new))
        kept[anchor] = float((queries(base, FILL) * queries(new, FILL)).sum(axis=1).mean())
    assert kept[5.0] > kept[0.0] + 0.05, kept


def words(base):
    return base.model.get_input_embeddings().weight.detach().numpy()


def test_hard_negatives_are_pushed_away(tmp_path):
    """Each query asks for its own item word, but "f0" on the item makes it wrong: only hard negatives say so."""
    base, train = tiny_base(WORDS), pairs(240, seed=0)
    train = [Pair(p.left, f"p{n % KINDS} f1", p.item, p.kind) for n, p in enumerate(train)]
    hard = [Hard((ItemId("wrong"),), (f"p{n % KINDS} f0",)) for n in range(len(train))]
    dev = [Pair(f"f2 q{n}", f"p{n} f1", ItemId(str(n)), PairKind.QUERY) for n in range(KINDS)]
    plan = Plan(epochs=6, batch=12, learning_rate=4e-3, patience=0, frozen_words=False, anchor=0.0, false_margin=2.0)
    new = train_bi_encoder(base, train, dev, plan=plan, run=Run(tmp_path), hard=hard)
    asked = queries(new, [pair.left for pair in dev])
    right, wrong = (passages(new, [f"p{n} {word}" for n in range(KINDS)]) for word in ("f1", "f0"))
    assert ((asked * right).sum(axis=1) > (asked * wrong).sum(axis=1)).mean() > 0.9


def test_a_teacher_decides_between_passages_that_the_pairs_leave_open(tmp_path):
    """The teacher likes the other passage better than the pair's own; with its whole weight the student follows."""
    base = tiny_base(WORDS)
    train = [Pair(f"q{n % 4}", f"p{n % 4} f1", ItemId(str(n % 4)), PairKind.QUERY) for n in range(48)]
    hard = [Hard((ItemId("o"),), (f"p{n % 4} f2",), (0.0, 8.0)) for n in range(48)]
    order = {}
    for weight in (0.0, 1.0):
        plan = Plan(epochs=8, batch=4, learning_rate=4e-3, patience=0, frozen_words=False, anchor=0, teacher=weight)
        new = train_bi_encoder(base, train, train[:4], plan=plan, run=Run(tmp_path / str(weight)), hard=hard)
        asked = queries(new, ASKED[:4])
        own, other = (passages(new, [f"p{n} {word}" for n in range(4)]) for word in ("f1", "f2"))
        order[weight] = float(((asked * other).sum(axis=1) - (asked * own).sum(axis=1)).mean())
    assert order[1.0] > order[0.0] + 0.05, order


def test_shorter_vectors_serve_too(tmp_path):
    base, dev = tiny_base(WORDS), pairs(KINDS, seed=2)
    shorter = {}
    for dims in ((), (3,)):
        plan = Plan(epochs=4, batch=12, learning_rate=4e-3, patience=0, frozen_words=False, anchor=0, dims=dims)
        new = train_bi_encoder(base, pairs(240, seed=0), pairs(KINDS, seed=1), plan=plan, run=Run(tmp_path / str(dims)))
        short = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in cut(new, dev, 3)]
        shorter[dims] = mrr(short[0] @ short[1].T, [p.left for p in dev], [p.right for p in dev])[0]
    assert shorter[3,] > max(0.8, shorter[()]), shorter


def cut(base, dev, width):
    return queries(base, [p.left for p in dev])[:, :width], passages(base, [p.right for p in dev])[:, :width]


def test_a_student_with_fewer_layers_gives_the_teachers_vectors(trained, tmp_path):
    _, teacher, _ = trained
    texts = [pair.left for pair in pairs(240, seed=5)]
    plan = Plan(epochs=12, batch=16, learning_rate=4e-3, patience=0, frozen_words=False)
    student = distil_encoder(teacher, texts, ASKED, layers=1, plan=plan, run=Run(tmp_path))
    assert student.model.config.num_hidden_layers == 1 and teacher.model.config.num_hidden_layers == 2
    dev = pairs(KINDS, seed=6)
    lefts, rights = [pair.left for pair in dev], [pair.right for pair in dev]
    assert (queries(student, lefts) * queries(teacher, lefts)).sum(axis=1).mean() > 0.9
    assert mrr(queries(student, lefts) @ passages(teacher, rights).T, lefts, rights)[0] > 0.85


def test_what_cannot_be_trained_is_told(tmp_path):
    base, some, run = tiny_base(WORDS), pairs(4, seed=0), Run(tmp_path)
    with pytest.raises(InputError, match="Got 0 and 4"):
        train_bi_encoder(base, [], some, plan=PLAN, run=run)
    with pytest.raises(InputError, match="Got 1 for 4 pairs"):
        train_bi_encoder(base, some, some, plan=PLAN, run=run, hard=[Hard()])
    with pytest.raises(ConfigError, match="dims must lie in 1..32"):
        train_bi_encoder(base, some, some, plan=Plan(dims=(64,)), run=run)
    with pytest.raises(InputError, match="1 items, 1 texts, 1 scores"):
        Hard((ItemId("a"),), ("text",), (1.0,))
    with pytest.raises(ConfigError, match="may have 1..2"):
        kept_layers(2, 3)
    with pytest.raises(InputError, match="Got 0 and 1"):
        distil_encoder(base, [], ["q1"], layers=1, plan=PLAN, run=run)


def test_an_interrupted_run_ends_with_the_same_weights(tmp_path):
    def told(what, done, steps):
        if done == 9:
            raise KeyboardInterrupt

    base, train, dev = tiny_base(WORDS), pairs(48, seed=0), pairs(KINDS, seed=1)
    hard = [Hard((ItemId("w"), ItemId("v")), ("p1 f0", "p2 f0")) for _ in train]
    plan = Plan(epochs=3, batch=12, learning_rate=1e-3, patience=0, checkpoint_every=5, anchors=10)
    whole = train_bi_encoder(base, train, dev, plan=plan, run=Run(tmp_path / "a"), hard=hard)
    with pytest.raises(KeyboardInterrupt):
        train_bi_encoder(base, train, dev, plan=plan, run=Run(tmp_path / "b", told=told), hard=hard)
    again = train_bi_encoder(base, train, dev, plan=plan, run=Run(tmp_path / "b"), hard=hard)
    for ours, theirs in zip(whole.model.parameters(), again.model.parameters(), strict=True):
        assert np.array_equal(ours.detach().numpy(), theirs.detach().numpy())
