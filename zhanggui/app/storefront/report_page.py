"""The page that tells how often the shop was right, in words, a table, a picture and examples."""

from collections.abc import Sequence

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from zhanggui.app.storefront.cards import plain_cards
from zhanggui.app.storefront.chart import Bar, bars, number_text
from zhanggui.app.storefront.frame import Frame
from zhanggui.app.storefront.report import Example, Report, Row, metric_names, read_report
from zhanggui.app.storefront.words import Say, known_word, words_in

SHARES = ("hr", "recall", "precision", "coverage")
EXAMPLES, ITEMS = 8, 12


def report_page(frame: Frame, request: HttpRequest) -> Response:
    """Return the report, or a friendly word where there is none."""
    visitor = frame.visitor(request)
    report = read_report(frame.settings.report)
    if report is None:
        return frame.show(request, visitor, "report_none.html")
    say = words_in(visitor.language)
    return frame.show(
        request,
        visitor,
        "report.html",
        report=report,
        choose_users=frame.settings.choose_users,
        headline=_headline(report, say),
        tables=[
            _table(report.tables[name], f"report_{name}", say) for name in ("all", "new") if report.tables.get(name)
        ],
        examples=[_example(frame, one, visitor.language) for one in report.examples[:EXAMPLES]],
    )


def _headline(report: Report, say: Say) -> str:
    row = report.shipped("all")
    value = row.metrics.get(f"hr@{report.k}") if row else None
    return "" if value is None else say("report_headline", percent=f"{value:.0%}", k=report.k)


def _table(rows: Sequence[Row], title: str, say: Say) -> dict[str, object]:
    names = metric_names(rows)
    heads = [_metric(name, say) for name in names]
    charted = next((name for name in names if name.startswith("hr")), names[0] if names else "")
    return {
        "title": say(title),
        "heads": heads,
        "rows": [{"label": _system(row, say), "shipped": row.shipped, "cells": _cells(row, names)} for row in rows],
        "chart": _chart(rows, charted, say) if charted else "",
        "caption": say("report_chart", metric=_metric(charted, say)) if charted else "",
    }


def _chart(rows: Sequence[Row], metric: str, say: Say) -> str:
    drawn = [
        Bar(_system(row, say), row.metrics[metric], row.low.get(metric), row.high.get(metric), row.shipped)
        for row in rows
        if metric in row.metrics
    ]
    return bars(say("report_chart", metric=_metric(metric, say)), drawn, percent=_is_share(metric))


def _cells(row: Row, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return (figure, interval) for every metric; empty where the row has none."""
    cells = []
    for name in names:
        value, low, high = row.metrics.get(name), row.low.get(name), row.high.get(name)
        percent = _is_share(name)
        interval = "" if low is None or high is None else "–".join(number_text(x, percent=percent) for x in (low, high))
        cells.append(("" if value is None else number_text(value, percent=percent), interval))
    return cells


def _metric(name: str, say: Say) -> str:
    word = known_word(f"metric_{name.split('@')[0]}", "")
    return say(word) if word else name


def _system(row: Row, say: Say) -> str:
    word = known_word(f"system_{row.system.lower().replace('-', '_').replace(' ', '_')}", "")
    return say(word) if word else row.system


def _is_share(metric: str) -> bool:
    return metric.split("@")[0] in SHARES


def _example(frame: Frame, one: Example, language: str) -> dict[str, object]:
    bought = sorted(one.bought, key=lambda item: item not in one.hits)
    products = frame.shop.products([*one.shown, *bought[:ITEMS]])

    return {
        "user": one.user,
        "shown": plain_cards(list(one.shown), products, language),
        "bought": plain_cards(bought[:ITEMS], products, language),
        "more": max(0, len(bought) - ITEMS),
        "hits": one.hits,
    }
