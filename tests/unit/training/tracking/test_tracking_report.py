import re
from html.parser import HTMLParser

import numpy as np
import pytest

from tests.unit.training.tracking.telling import tell
from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import InputError
from zhanggui.core.ids import Millis
from zhanggui.training.tracking import Recorder, write_report
from zhanggui.training.tracking.kept import Counts, Kept, Labelled, Series, Table
from zhanggui.training.tracking.report import render
from zhanggui.training.tracking.report.axes import SMALL, span
from zhanggui.training.tracking.report.dots import dots
from zhanggui.training.tracking.report.drawing import Trace, lines

VOID = {"meta", "link", "input"}
NONE = Counts(np.zeros(0, np.int64), np.zeros(0))


class Nesting(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.addresses = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href") and not value.startswith("data:")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def page(tmp_path):
    recorder = Recorder(tmp_path / "encoder", clock=FixedClock(Millis(0)))
    tell(recorder, steps=range(1, 4))
    tell(recorder)
    recorder.table("shipped", ["form", "MB"], [["fp32", 470.1], ["int8", 59]])
    recorder.close()
    return write_report(tmp_path / "encoder").read_text("utf-8")


def test_one_file_that_needs_nothing_else(page):
    parser = Nesting()
    parser.feed(page)
    assert parser.open == [] and parser.addresses == []
    assert "script" not in parser.seen and "style=" not in page and "url(" not in page


def test_every_kind_of_thing_told_is_shown_in_both_languages(page):
    chinese, english = page.split("<main")[1:]
    for body, heads in (
        (chinese, "学习曲线 精确率—召回率 分布 向量投影 大小、速度与质量 指标 设置"),
        (english, "Learning_curves Precision_and_recall Distributions Projected_vectors Size,_speed_and_quality"),
    ):
        assert [h for h in heads.replace("_", "\0").split() if f"<h2>{h.replace(chr(0), ' ')}" not in body] == []
        assert body.count("<svg") == 5  # loss, mrr@10, curve, histogram, projection
        assert "1970-01-01 – 1970-01-02" in body and ">2e-05<" in body and ">470.1<" in body


def test_train_and_dev_are_two_lines_of_one_picture(page):
    (picture,) = re.findall(r"<strong>loss</strong>.*?</svg>", page.split("<main")[1])
    assert 'class="k0"></i>train <b>0.3333</b>' in picture and 'class="k1"></i>dev <b>0.3667</b>' in picture
    assert picture.count('<path class="l') == 2


def test_words_of_others_are_escaped(page):
    assert "<b>&lt;" not in page and "&lt;b&gt;" in page
    assert "&lt;i&gt;" in render(Kept(settings={"a": "<i>"}), title="<i>") and "<i>" not in render(Kept(), title="<i>")


@pytest.mark.parametrize(
    "kept",
    [
        Kept(),
        Kept(scalars={"loss": Series(np.array([1]), np.array([np.nan]))}, torn=1),
        Kept(histograms={"a": {1: NONE, 2: Counts(np.array([1]), np.arange(2.0))}}),
        Kept(curves={"a": {1: Labelled(np.zeros(0, bool), np.zeros(0, np.float32))}}),
        Kept(embeddings={"a": Labelled(np.array(["x"]), np.ones((1, 3), np.float32))}),
        Kept(tables={"a": Table(("b",), ((None,), (1,)))}),
    ],
)
def test_whatever_little_was_told_makes_a_whole_page(kept):
    page = render(kept, title="t", language="en")
    parser = Nesting()
    parser.feed(page)
    assert parser.open == [] and "nan" not in page.replace("name", "")
    assert '<input type="radio" name="language" id="en" checked>' in page


def test_a_report_of_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"metrics\.jsonl"):
        write_report(tmp_path)


def test_a_line_goes_where_its_figures_say_and_breaks_where_there_is_none():
    drawn = lines("t", [Trace("a", np.arange(5.0), np.array([0, 1, np.nan, 1, 0]), 0)], below="step")
    (path,) = re.findall(r'<path class="l0" d="(.*?)"', drawn)
    points = [tuple(map(float, point.split())) for point in re.findall(r"[\d.]+ [\d.]+", path)]
    assert path.count("M") == 2 and len(points) == 4
    assert points[0][1] == points[3][1] > points[1][1] == points[2][1]
    assert [x for x, _ in points] == sorted(x for x, _ in points) and points[-1][0] <= SMALL[0]


@pytest.mark.parametrize("values", [[0.1, 0.7], [5.0], [-3.0, -1.0], [1e-6, 2e-6], [0.0, 123456.0]])
def test_an_axis_holds_its_values_between_round_figures(values):
    of = span(values)
    assert of.low <= min(values) and max(values) <= of.high and of.low < of.high
    assert of.high - of.low <= 1.7 * (max(values) - min(values)) or len(values) == 1


def test_names_cover_neither_each_other_nor_dots():
    dice = np.random.default_rng(2)
    drawn = dots("t", dice.normal(size=(300, 2)), [f"茶 {n}" for n in range(300)], below="")
    named = [(float(x), float(y)) for x, y in re.findall(r'class="dot" x="([\d.]+)" y="([\d.]+)"', drawn)]
    assert 10 < len(named) <= 80
    apart = [abs(a[1] - b[1]) >= 14 or abs(a[0] - b[0]) > 20 for n, a in enumerate(named) for b in named[:n]]
    assert all(apart)
    assert drawn.count("<circle") == 300
    assert dots("t", dice.normal(size=(5000, 2)), ["x"] * 5000, below="").count("<circle") == 1000
