"""What /metrics gives, to whom, and that the reference names exactly that."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from zhanggui.app.observing.metrics import Metrics
from zhanggui.core.request import Request, Surface
from zhanggui.engine.pipeline import Slate

PAGE = Path(__file__).parents[3] / "docs/reference/metrics.md"


def samples(client):
    return [s for f in text_string_to_metric_families(client.get("/metrics").text) for s in f.samples]


def value(client, name, **labels):
    return next((s.value for s in samples(client) if s.name == name and labels.items() <= s.labels.items()), None)


def test_requests_are_counted_by_route_and_status(make_client):
    client = make_client(metrics="on")
    for path in ("/v1/products/tea", "/v1/products/none", "/v1/products/a%2Fb c", "/nowhere"):
        client.get(path)
    named = {"method": "GET", "route": "/v1/products/{item_id:path}"}
    assert value(client, "zhanggui_http_requests_total", **named, status="200") == 2
    assert value(client, "zhanggui_http_requests_total", **named, status="404") == 1
    assert value(client, "zhanggui_http_requests_total", route="none", status="404") == 1
    assert value(client, "zhanggui_http_request_seconds_count", route=named["route"]) == 3
    assert value(client, "zhanggui_errors_total", code="not_found") == 1
    assert value(client, "zhanggui_http_requests_under_way") == 1, "the one that reads them"


def test_routes_stay_few_whatever_is_asked(make_client):
    client = make_client(metrics="on")
    for n in range(20):
        client.get(f"/nowhere/{n}")
        client.request(f"METHOD{n}", f"/v1/recommend/u{n}")
        client.get(f"/static/{n}.js")
    assert {s.labels["route"] for s in samples(client) if s.name == "zhanggui_http_requests_total"} <= {
        "none",
        "/static",
        "/v1/recommend/{user_id:path}",
        "/metrics",
    }
    assert {s.labels["method"] for s in samples(client) if s.name == "zhanggui_http_requests_total"} == {"GET", "other"}


def test_how_the_shop_stands_is_told(make_client):
    client = make_client(metrics="on")
    assert value(client, "zhanggui_index_products") == 3
    assert value(client, "zhanggui_rankings_dropped_total") == 2
    assert value(client, "zhanggui_part_failures_total", part="source:knn") == 1
    assert value(client, "zhanggui_written_total", kind="events") == 4
    assert value(client, "zhanggui_build_info", release="base") == 1


def test_pages_tell_their_parts():
    metrics = Metrics()
    slate = Slate("search", (), 0, (), (), ("dense",), {"rank": 3.0, "source:bm25": 40.0})
    metrics.page(Request(Surface.SEARCH), slate)
    told = metrics.text().decode()
    assert 'zhanggui_stage_seconds_sum{stage="rank"} 0.003' in told
    assert 'zhanggui_source_seconds_bucket{le="0.05",source="bm25"} 1.0' in told
    assert 'zhanggui_source_seconds_bucket{le="0.02",source="bm25"} 0.0' in told
    assert 'zhanggui_pages_degraded_total{part="dense",surface="search"} 1.0' in told


@pytest.mark.parametrize(
    ("setting", "caller", "headers", "status"),
    [
        ("local", "127.0.0.1", {}, 200),
        ("local", "10.0.0.9", {}, 403),
        ("on", "10.0.0.9", {}, 200),
        ("off", "127.0.0.1", {}, 403),
        ("key", "127.0.0.1", {}, 401),
        ("key", "10.0.0.9", {"Authorization": "Bearer open-sesame"}, 200),
    ],
)
def test_who_may_read_them(make_client, setting, caller, headers, status):
    client = make_client(metrics=setting)
    client._transport.client = (caller, 1)
    assert client.get("/metrics", headers=headers).status_code == status


def test_the_reference_names_what_there_is(make_client):
    client = make_client(metrics="on")
    client.get("/nowhere")
    told = {f.name for f in text_string_to_metric_families(client.get("/metrics").text)}
    told = {re.sub(r"_(total|created)$", "", name) for name in told}
    documented = re.findall(r"^\| `(zhanggui_\w+)` \|", PAGE.read_text("utf-8"), re.M)
    assert {re.sub(r"_total$", "", name) for name in documented} == told
    assert len(documented) == len(set(documented))


def test_metrics_are_there_while_the_store_is_away(make_client, shop, monkeypatch):
    figures = replace(shop.figures(), lag=None)
    monkeypatch.setattr(shop, "figures", lambda: figures)
    client = make_client(metrics="on")
    assert math.isnan(value(client, "zhanggui_feed_lag")) and value(client, "zhanggui_index_products") == 3
