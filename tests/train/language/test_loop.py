"""The loop: best weights, early stopping, budget, and a killed run that ends as one that was never killed."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import ConfigError
from zhanggui.core.ids import Millis
from zhanggui.training.language.batches import bucketed
from zhanggui.training.language.loop import Outcome, fit
from zhanggui.training.language.plan import Plan, Run


class Line:
    """Learn y = 2x with dropout; `scores`, when given, are what judgements say in turn."""

    name = "line"

    def __init__(self, *, scores=None, clock=None, millis=0, bad_step=0):
        torch.manual_seed(1)
        self.model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.2), nn.Linear(8, 1))
        self.x = torch.linspace(-1, 1, 40)[:, None]
        self.scores, self.clock, self.millis, self.bad_step = list(scores or []), clock, millis, bad_step
        self.seen = []

    def fingerprint(self):
        return "line"

    def batches(self, epoch):
        return bucketed([1] * 40, batch=4, seed=3, epoch=epoch)

    def outcome(self, rows, *, step):
        if self.clock:
            self.clock.advance(self.millis)
        self.seen.append((step, rows.tolist()))
        gap = self.model(self.x[rows]) - 2 * self.x[rows]
        loss = (gap**2).mean() * (float("nan") if step == self.bad_step else 1.0)
        return Outcome(loss, float((gap.abs() < 0.1).sum()), len(rows))

    def judge(self):
        gap = self.model(self.x) - 2 * self.x
        loss = float((gap**2).mean())
        return {"loss": loss, "score": self.scores.pop(0) if self.scores else -loss}


def weights(job):
    return torch.cat([value.detach().flatten() for value in job.model.parameters()])


PLAN = Plan(epochs=6, learning_rate=0.02, patience=0, checkpoint_every=7)


def test_it_learns_and_tells_each_epoch(tmp_path):
    told, job = [], Line()
    fitted = fit(job, plan=PLAN, run=Run(tmp_path, told=lambda *one: told.append(one)))
    assert fitted.history[0]["dev/loss"] > 10 * fitted.history[-1]["dev/loss"]
    assert [row["step"] for row in fitted.history] == [0, 10, 20, 30, 40, 50, 60]
    assert fitted.stopped == "epochs" and told[-1] == ("line", 60, 60)
    assert {"train/loss", "train/accuracy", "dev/loss"} <= fitted.history[-1].keys()
    assert not job.model.training


def test_accumulating_reads_several_batches_a_step(tmp_path):
    job = Line()
    fitted = fit(job, plan=Plan(epochs=1, accumulate=4, patience=0), run=Run(tmp_path))
    assert fitted.steps == 3 and [step for step, _ in job.seen] == [1] * 4 + [2] * 4 + [3] * 2


def test_it_stops_when_dev_gets_worse_and_keeps_the_best_weights(tmp_path):
    job = Line(scores=[0.0, 0.5, 1.0, 0.9, 0.8, 5.0])
    fitted = fit(job, plan=Plan(epochs=6, learning_rate=0.02, patience=2), run=Run(tmp_path))
    assert (fitted.stopped, fitted.best_step, fitted.steps) == ("patience", 20, 40)


def test_weights_of_the_best_judgement_come_back(tmp_path):
    before = weights(Line())
    job = Line(scores=[1.0, 0.0, 0.0])
    fitted = fit(job, plan=Plan(epochs=2, patience=0), run=Run(tmp_path))
    assert fitted.best_step == 0 and torch.equal(weights(job), before)


def test_the_budget_is_kept_and_the_rate_has_fallen_by_then(tmp_path):
    clock = FixedClock(Millis(0))
    job = Line(clock=clock, millis=10_000)
    plan = Plan(epochs=100, budget_minutes=2, patience=0)
    fitted = fit(job, plan=plan, run=Run(tmp_path, clock=clock))
    assert fitted.stopped == "budget" and 10 <= fitted.steps <= 12 and clock.now() <= 120_000
    more = fit(Line(clock=clock), plan=plan, run=Run(tmp_path, clock=clock))
    assert more == fitted, "a finished run is not run again"


def test_a_step_without_a_finite_gradient_changes_nothing(tmp_path, caplog):
    job = Line(bad_step=3)
    fit(job, plan=PLAN, run=Run(tmp_path))
    assert bool(torch.isfinite(weights(job)).all()) and "Step 3" in caplog.text


def test_other_settings_start_anew_and_say_so(tmp_path, caplog):
    fit(Line(), plan=PLAN, run=Run(tmp_path))
    job = Line()
    fit(job, plan=Plan(epochs=1, patience=0), run=Run(tmp_path))
    assert len(job.seen) == 10 and "other data or settings" in caplog.text


def test_a_torn_checkpoint_is_not_gone_on_from(tmp_path):
    expected = Line()
    fit(expected, plan=PLAN, run=Run(tmp_path / "a"))
    stopped = Line()
    with pytest.raises(KeyboardInterrupt):
        fit(stopped, plan=PLAN, run=Run(tmp_path / "b", told=interrupt_at(30)))
    for path in (tmp_path / "b").glob("saved-*/weights.safetensors"):
        path.write_bytes(path.read_bytes()[:50])
    again = Line()
    fit(again, plan=PLAN, run=Run(tmp_path / "b"))
    assert again.seen[0][0] == 1 and torch.equal(weights(again), weights(expected))


def interrupt_at(last):
    def told(what, done, steps):
        if done == last:
            raise KeyboardInterrupt

    return told


@pytest.mark.parametrize("last", [6, 8, 10, 21, 59])
def test_an_interrupted_run_ends_with_the_same_weights(tmp_path, last):
    expected = Line()
    history = fit(expected, plan=PLAN, run=Run(tmp_path / "a"))
    with pytest.raises(KeyboardInterrupt):
        fit(Line(), plan=PLAN, run=Run(tmp_path / "b", told=interrupt_at(last)))
    again = Line()
    assert fit(again, plan=PLAN, run=Run(tmp_path / "b")) == history
    assert torch.equal(weights(again), weights(expected))
    assert len(list((tmp_path / "b").iterdir())) == 1, "older checkpoints are gone"


SCRIPT = """
import sys, time
from pathlib import Path
import torch
sys.path.insert(0, {here!r})
torch.set_num_threads(1)
from test_loop import PLAN, Line, Run, fit
fit(Line(), plan=PLAN, run=Run(Path({folder!r}), told=lambda what, done, steps: time.sleep(0.02)))
"""


def test_killed_without_warning_it_goes_on_to_the_same_weights(tmp_path):
    folder, expected = tmp_path / "killed", Line()
    fit(expected, plan=PLAN, run=Run(tmp_path / "whole"))
    script = textwrap.dedent(SCRIPT).format(here=str(Path(__file__).parent), folder=str(folder))
    process = subprocess.Popen([sys.executable, "-c", script])
    try:
        deadline = time.monotonic() + 60
        while not list(folder.glob("saved-*")) and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL, "it was over before it was killed"
    again = Line()
    fit(again, plan=PLAN, run=Run(folder))
    assert again.seen[0][0] > 1, "it began anew"
    assert torch.equal(weights(again), weights(expected))
    assert not list(folder.glob(".new-*"))


def test_where_steps_are_slow_checkpoints_come_by_the_clock(tmp_path):
    class Broken(Line):
        def outcome(self, rows, *, step):
            if step == 6:
                raise KeyboardInterrupt
            return super().outcome(rows, step=step)

    clock = FixedClock(Millis(0))
    plan = Plan(epochs=1, patience=0, checkpoint_every=1000)
    with pytest.raises(KeyboardInterrupt):
        fit(Broken(clock=clock, millis=50_000), plan=plan, run=Run(tmp_path, clock=clock))
    more = Line(clock=clock)
    fit(more, plan=plan, run=Run(tmp_path, clock=clock))
    assert more.seen[0][0] == 4, "the third step was kept, at 150 seconds"


def test_a_plan_that_cannot_be_is_refused():
    for wrong in (
        {"batch": 0},
        {"temperature": 0.0},
        {"warm_up": 1.5},
        {"budget_minutes": 0},
        {"learning_rate": np.nan},
    ):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            Plan(**wrong)


def test_nothing_that_learns_is_an_error(tmp_path):
    job = Line()
    job.model.requires_grad_(False)
    with pytest.raises(ConfigError, match="all its weights are frozen"):
        fit(job, plan=PLAN, run=Run(tmp_path))
