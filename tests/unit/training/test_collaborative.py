"""From a log to what a Release serves."""

from dataclasses import replace

import numpy as np
import pytest

from zhanggui.core.event import EventType
from zhanggui.core.ids import DAY
from zhanggui.core.interactions import Histories
from zhanggui.data.splits import time_split
from zhanggui.evaluation.seen import NoneSeen
from zhanggui.models.blend import Blend, Page
from zhanggui.models.bundle import has_bundle, load
from zhanggui.models.checks import small_log
from zhanggui.models.frequency import PersonalFrequency
from zhanggui.models.registry import MODELS
from zhanggui.training.choosing import ASKED, LEARNT, Judge, choose_asked, choose_learnt, settings_of
from zhanggui.training.collaborative import train
from zhanggui.training.comparing import SHIPPED, compare_last_items, compare_next_days, on_items
from zhanggui.training.members import members
from zhanggui.training.windows import occurring, validation

CUT = 150 * DAY


@pytest.fixture(scope="module")
def trained(grocer, categories):
    return train(grocer, categories, until=CUT)


TINY = {
    "nothing": small_log((), ()),
    "a catalogue without events": small_log((), ("tea", "mug")),
    "one event": small_log((("ann", ("tea",)),), ("tea",)),
    "one shopper": small_log((("ann", ("tea", "mug"), ("tea",), ("rice",)),), ("tea", "mug", "rice")),
    "one item": small_log(tuple((f"u{n}", ("tea",), ("tea",), ("tea",)) for n in range(4)), ("tea",)),
    "a handful": small_log(),
}


@pytest.mark.parametrize("log", TINY.values(), ids=TINY.keys())
def test_the_smallest_shops_train_and_open(log, tmp_path):
    trained = train(log, {})
    trained.save(tmp_path)
    bundle = load(tmp_path)
    for blend in (bundle.blend, bundle.fresh):
        assert blend.score(Histories.of([])).shape == (1, len(log.items))
        assert blend.score(log.histories()).shape == (len(log.users), len(log.items))


def test_nothing_after_the_cut_is_learnt(grocer, categories, trained, tmp_path):
    early = train(grocer.where(grocer.time < CUT), categories)
    early.save(tmp_path)
    again = load(tmp_path)
    histories = grocer.histories()
    assert np.array_equal(again.blend.score(histories), trained.bundle.blend.score(histories))
    assert again.repeats == trained.bundle.repeats and early.facts == trained.facts


def test_the_bundle_knows_its_parts(trained, tmp_path):
    assert not has_bundle(tmp_path)
    trained.save(tmp_path)
    bundle = load(tmp_path)
    assert has_bundle(tmp_path) and set(bundle.members) == set(MODELS) and bundle.member("nobody") is None
    assert bundle.blend.weights == trained.bundle.blend.weights and bundle.fresh.page is Page.NEW
    assert trained.facts["weights"]["all"] == bundle.blend.weights[Page.ALL]


def test_the_same_data_make_the_same_files(grocer, categories, trained, tmp_path):
    for name, one in {"a": trained, "b": train(grocer, categories, until=CUT)}.items():
        (tmp_path / name).mkdir()
        one.save(tmp_path / name)
    files = {path.name for path in (tmp_path / "a").iterdir()}
    assert files == {path.name for path in (tmp_path / "b").iterdir()}
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)


def test_staples_come_back_and_the_unsold_gets_nothing(grocer, trained):
    household = grocer.where(grocer.time < CUT).histories().slice(0, 1)
    scores = trained.bundle.blend.score(household)[0]
    names = grocer.items.ids
    counts = np.bincount(household.item, minlength=len(names))
    staples = [row for row in range(len(names)) if names[row].startswith("staple") and counts[row]]
    assert {names[row] for row in np.argsort(-scores)[: len(staples)]} == {names[row] for row in staples}
    assert scores[grocer.items.row("unsold")] == -np.inf


def test_new_pages_offer_the_treats_of_the_own_half(grocer, trained):
    known = grocer.where(grocer.time < CUT)
    asked = known.histories()
    right = 0
    for household in range(60):
        history = asked.slice(household, household + 1)
        scores = trained.bundle.fresh.score(history)[0]
        scores[history.item] = -np.inf
        best = grocer.items.ids[int(scores.argmax())]
        half = {f"treat{n}" for n in (range(12) if household % 2 else range(12, 24))}
        right += best in half or best.startswith("staple")
    assert right >= 55


def test_progress_is_told_in_order(grocer, categories):
    told = []
    train(grocer, categories, progress=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == list(range(len(told))) and {steps for *_, steps in told} == {len(told)}


def test_compared_with_everyone_on_the_next_days(grocer, categories, trained):
    tables = compare_next_days(trained.bundle, grocer, categories, cut=CUT, days=28, k=5, seed=1)
    for table in tables.values():
        rows = {row.system: row for row in table.evaluation.rows}
        assert set(rows) == {SHIPPED, *MODELS} and [name for name in rows if rows[name].shipped] == [SHIPPED]
        assert rows[SHIPPED].metrics["ndcg@5"] > rows["popularity"].metrics["ndcg@5"]
        assert table.comparison["ndcg@5"].difference == pytest.approx(
            rows[SHIPPED].metrics["ndcg@5"] - rows[table.rival].metrics["ndcg@5"]
        )
    shown = tables["all"].hits
    assert shown.mean() / 5 == pytest.approx(tables["all"].evaluation.rows[0].metrics["precision@5"])


def test_compared_on_last_items_asks_everyone(grocer, categories):
    table = compare_last_items(grocer, categories, k=5, seed=1)
    assert table.evaluation.n == 60 and "fit on s[:-2]" in table.evaluation.note


def test_a_question_is_said_in_the_words_of_the_bundle(grocer, trained):
    question = time_split(occurring(grocer), cut=CUT, days=28)
    told = on_items(question, trained.bundle)
    names, others = told.train.items.ids, question.train.items.ids
    assert names == trained.bundle.items.ids != others
    for ours, theirs in ((told.histories, question.histories), (told.targets, question.targets)):
        assert [names[i] for i in ours.item if i >= 0] == [others[i] for i in theirs.item if i >= 0]


def test_the_window_fits_the_log(grocer):
    assert "the 28 days" in validation(grocer).note
    assert "the 8 days" in validation(grocer.where(grocer.time < 42 * DAY)).note


def test_logs_without_purchases_or_times_guess_last_items(grocer):
    views = replace(grocer, type=np.full_like(grocer.type, EventType.VIEW.code))
    assert "guess s[-2]" in validation(views).note
    assert "guess s[-2]" in validation(small_log()).note
    assert validation(small_log((), ())) is None


def test_settings_are_chosen_by_what_ranks_best(grocer, categories):
    question = time_split(grocer, cut=CUT, days=28)
    judge = Judge.of(question, NoneSeen(), k=5, users=40, seed=1)
    chosen = members(categories)
    choose_learnt(chosen, question, judge)
    blend = Blend(chosen).fit(question.train)
    choose_asked(chosen, judge)
    found = settings_of(blend.members)
    for choice in (*LEARNT, *ASKED):
        assert found[f"{choice.member}.{choice.setting}"] in choice.values
    attempts = [PersonalFrequency(half_life_days=h).fit(question.train) for h in (0.001, 60.0)]
    assert judge.best(attempts, Page.ALL) == 1 and judge.best([attempts[1], attempts[1]], Page.ALL) == 0
