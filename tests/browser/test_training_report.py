"""The report of a training run, as somebody sees it who opens the file; scripts are off."""

import pytest

from tests.unit.training.tracking.telling import tell
from zhanggui.core.clock import FixedClock
from zhanggui.core.ids import Millis
from zhanggui.training.tracking import Recorder, write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "encoder"
    recorder = Recorder(run, clock=FixedClock(Millis(0)))
    tell(recorder, steps=range(1, 400))
    recorder.table("shipped", ["form", "MB", "MRR@10"], [["fp32", 470.1, 0.8312], ["int8", 59, 0.829]])
    recorder.close()
    return write_report(run)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_report_is_read_without_script_and_without_network(browser, report, shoot, width, scheme):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=False, color_scheme=scheme
    )
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert page.get_by_role("heading", name="学习曲线").is_visible()
    assert not page.get_by_role("heading", name="Learning curves").is_visible()
    page.get_by_text("English", exact=True).click()
    assert page.get_by_role("heading", name="Learning curves").is_visible()
    pictures = page.locator("main[lang=en] svg")
    assert pictures.count() == 5
    wide = [pictures.nth(n).bounding_box()["width"] for n in range(4)]
    assert min(wide) > 250 and max(wide) <= width
    shoot(page, f"training-report-{width}")
    context.close()
