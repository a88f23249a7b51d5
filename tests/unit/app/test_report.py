"""The page that tells how often the shop was right."""

import re
from xml.etree import ElementTree

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.app.storefront.chart import Bar, bars
from zhanggui.app.storefront.report import read_report
from zhanggui.core.errors import InputError

PAGE = {"Accept": "text/html"}


def row(system, value, *, shipped=False):
    metrics = {"hr@20": value, "ndcg@20": value / 2}
    low, high = ({name: v + d for name, v in metrics.items()} for d in (-0.01, 0.01))
    return {"system": system, "shipped": shipped, "metrics": metrics, "low": low, "high": high}


REPORT = {
    "cut": "2017-10-16",
    "days": 28,
    "k": 20,
    "households": 801,
    "tables": {
        "all": [row("popularity", 0.21), row("frequency", 0.55), row("<b>mine</b>", 0.625, shipped=True)],
        "new": [row("popularity", 0.1)],
    },
    "examples": [{"user": "h<7>", "shown": ["tea", "a/b c", "gone"], "bought": ["mug", "tea", "tea"]}],
}


@pytest.fixture
def page(make_client, tmp_path):
    def get(content, language="en"):
        file = tmp_path / "report.json"
        file.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
        headers = {**PAGE, "Accept-Language": language}
        return make_client(report=file, choose_users=True).get("/report", headers=headers)

    return get


def test_figures_intervals_and_examples_are_shown(page):
    html = page(REPORT).text
    assert "63% of the households" in html or "62% of the households" in html
    assert "801 households" in html and "2017-10-16" in html and "28 days" in html
    assert "62.5%" in html and "61.5%–63.5%" in html and "0.3125" in html
    assert "What everybody buys" in html and "What they always buy" in html
    assert "1 of 3 were right" in html
    assert len(re.findall(r'class="mini hit"', html)) == 2, "shown and bought: marked in both lists"
    assert html.count('<svg class="chart"') == 2


def test_everything_in_it_is_escaped(page):
    html = page(REPORT).text
    assert "<b>mine" not in html and "h<7>" not in html and "<script>alert" not in html


def test_both_languages(page):
    assert "掌柜猜得准吗" in page(REPORT, "zh").text
    assert "How often was the shopkeeper right" in page(REPORT, "en").text


def test_without_a_report_the_page_says_how_to_get_one(client, make_client, tmp_path):
    for one in (client, make_client(report=tmp_path / "none.json")):
        answer = one.get("/report", headers=PAGE)
        assert answer.status_code == 200 and "zhanggui demo" in answer.text


@pytest.mark.parametrize(
    "content", [b"{", b"[]", {}, {**REPORT, "tables": []}, {**REPORT, "days": "x"}, {**REPORT, "examples": [1]}]
)
def test_a_broken_report_is_told_in_words(page, content):
    assert page(content).status_code == 400


def test_missing_parts_are_left_out(page):
    lonely = {"system": "ease", "metrics": {"hr@20": 0.0}}
    html = page({**REPORT, "tables": {"all": [lonely]}, "examples": []}).text
    assert "Linear model" in html and "0.0%" in html


def test_only_what_was_both_shown_and_bought_is_a_hit(tmp_path):
    file = tmp_path / "r.json"
    file.write_bytes(orjson.dumps(REPORT))
    example = read_report(file).examples[0]
    assert (example.hits, example.bought) == ({"tea"}, ("mug", "tea"))
    file.write_bytes(b"[]")
    with pytest.raises(InputError, match="zhanggui demo"):
        read_report(file)


shares = st.floats(0, 1, allow_subnormal=False)


@given(st.lists(st.tuples(st.text(max_size=9), shares, shares, shares), max_size=6), st.booleans())
def test_charts_are_well_formed_and_within_their_frame(rows, percent):
    printable = ["".join(c for c in label if c.isprintable()) for label, *_ in rows]
    drawn = [
        Bar(label, value, min(a, value), max(b, value)) for label, (_, value, a, b) in zip(printable, rows, strict=True)
    ]
    svg = ElementTree.fromstring(bars("t", drawn, percent=percent))
    width = float(svg.get("viewBox").split()[2])
    rects = list(svg.iter("rect"))
    assert len(rects) == len(rows)
    assert all(float(r.get("x")) + float(r.get("width")) <= width for r in rects)
    assert [text.text or "" for text in svg.iter("text") if text.get("class") == "name"] == printable


def test_longer_bars_mean_more():
    svg = ElementTree.fromstring(bars("t", [Bar("a", 0.2), Bar("b", 0.4)], percent=True))
    short, long = (float(r.get("width")) for r in svg.iter("rect"))
    assert long == pytest.approx(2 * short, abs=0.2)
