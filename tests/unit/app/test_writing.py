"""The writing routes: keys, batches with good and bad records, bounds."""

import orjson
import pytest

EVENT = {
    "user_id": "u1",
    "type": "click",
    "time": "2026-03-01T08:00:00Z",
    "item_id": "tea",
    "ranking_id": "r1",
    "position": 2,
}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/products"), ("POST", "/v1/products/remove"), ("DELETE", "/v1/products/tea"), ("POST", "/v1/events")],
)
def test_every_writing_route_needs_the_key(make_client, shop, method, path):
    before = shop.store.position()

    def status(client, **headers):
        return client.request(method, path, content=b'[{"item_id": "x"}]', headers=headers).status_code

    client = make_client(write_key="密钥")
    assert status(client) == 401
    assert status(client, authorization="Bearer ") == 401
    assert status(client, authorization="Bearer wrong") == 403
    assert status(client, **{"x-zhanggui-key": "钥密".encode()}) == 403
    assert status(make_client(write_key=""), authorization="Bearer ") == 403
    assert shop.store.position() == before
    assert status(client, **{"x-zhanggui-key": "密钥".encode()}) != 403


def test_a_shop_without_a_key_says_how_to_set_one(make_client):
    error = make_client(write_key="").post("/v1/events", json=[EVENT]).json()["error"]
    assert error["code"] == "writing_off"
    assert "ZHANGGUI_WRITE_KEY" in error["cure"]


def test_products_are_put_and_removed(client, key):
    sent = {"item_id": "cup", "title": "杯", "category": "家居 > 杯", "price": "9.5", "attributes": {"色": "白"}}
    receipt = client.post("/v1/products", json=[sent], headers=key)
    assert (receipt.status_code, receipt.json()["written"]) == (200, 1)
    found = client.get("/v1/products/cup").json()
    assert (found["category"], found["price"], found["attributes"]) == (["家居", "杯"], 9.5, {"色": ["白"]})
    assert client.delete("/v1/products/cup", headers=key).json()["written"] == 1
    assert client.get("/v1/products/cup").status_code == 404
    assert client.delete("/v1/products/cup", headers=key).json()["written"] == 0


def test_batch_removal(client, key, shop):
    answer = client.post("/v1/products/remove", json=[{"item_id": "tea"}, {"item_id": ""}, {}], headers=key)
    assert answer.status_code == 207
    assert [one["index"] for one in answer.json()["rejected"]] == [1, 2]
    assert shop.products(["tea", "mug"]).keys() == {"mug"}


def test_the_key_may_come_in_either_header(client):
    for headers in ({"Authorization": "bearer open-sesame"}, {"X-Zhanggui-Key": "open-sesame"}):
        assert client.post("/v1/events", json=[], headers=headers).status_code == 200


def test_an_event_keeps_its_ranking_and_place(client, key, shop):
    assert client.post("/v1/events", json=EVENT, headers=key).json()["written"] == 1
    event = shop.store.events_of("u1")[-1]
    assert (event.ranking_id, event.position, event.time) == ("r1", 2, 1_772_352_000_000)


def test_an_event_sent_twice_counts_once(client, key):
    first = client.post("/v1/events", json=[EVENT], headers=key).json()
    again = client.post("/v1/events", json=[EVENT, EVENT], headers=key).json()
    assert (first["written"], again["written"], again["repeated"]) == (1, 0, 2)


def test_bad_records_are_named_and_the_good_kept(client, key, shop):
    bad = [{**EVENT, "type": "stare"}, {**EVENT, "time": "soon"}, 7, {**EVENT, "item_id": ""}]
    answer = client.post("/v1/events", json=[bad[0], EVENT, *bad[1:]], headers=key)
    rejected = answer.json()["rejected"]
    assert (answer.status_code, answer.json()["written"]) == (207, 1)
    assert [(one["index"], one.get("field")) for one in rejected] == [
        (0, "type"),
        (2, "time"),
        (3, None),
        (4, "item_id"),
    ]
    assert "'stare'" in rejected[0]["message"]


def test_a_batch_with_nothing_good_is_an_error(client, key, shop):
    before = shop.store.position()
    answer = client.post("/v1/products", json=[{"title": "no id"}], headers=key)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "item_id"
    assert len(answer.json()["rejected"]) == 1
    assert shop.store.position() == before


def test_lines_lose_none_of_the_good_ones(client, key):
    lines = [orjson.dumps({**EVENT, "position": n}) for n in range(50)]
    body = b"\n\n".join([*lines[:20], b'{"broken', b"null", *lines[20:]]) + b"\n"
    answer = client.post(
        "/v1/events", content=body, headers={**key, "Content-Type": "application/x-ndjson; charset=utf-8"}
    )
    assert (answer.status_code, answer.json()["written"]) == (207, 50)
    assert [one["index"] for one in answer.json()["rejected"]] == [20, 21]


def test_fields_outside_the_contract_are_named(client, key):
    answer = client.post(
        "/v1/products", json=[{"item_id": "x", "colour": "red"}, {"item_id": "y", "size": 1}], headers=key
    )
    assert answer.json()["ignored"] == ["colour", "size"]


def test_too_much_is_refused(make_client, key, shop):
    before = shop.store.position()
    client = make_client(max_body_bytes=200, max_records=2)
    large = client.post("/v1/products", content=b"[" + b" " * 300 + b"]", headers=key)
    streamed = client.post("/v1/products", content=iter([b"[", b" " * 150, b" " * 150, b"]"]), headers=key)
    many = client.post("/v1/products", json=[{"item_id": str(n)} for n in range(3)], headers=key)
    assert [a.status_code for a in (large, streamed, many)] == [413] * 3
    assert [a.json()["error"]["code"] for a in (large, streamed, many)] == ["body_too_large"] * 2 + ["too_many_records"]
    assert shop.store.position() == before


@pytest.mark.parametrize("body", [b"", b"nonsense", b'"text"', b"3", b"[1,", b"\xff\xfe"])
def test_malformed_json_is_refused(client, key, body):
    answer = client.post("/v1/events", content=body, headers=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


def test_a_user_is_erased(make_client, key, shop, tmp_path):
    (tmp_path / "rejects").mkdir()
    (tmp_path / "rejects/events.jsonl").write_text('{"raw":"u/1,stare"}\n{"raw":"u2,stare"}\n')
    client = make_client(home=tmp_path)
    client.post("/v1/events", json=[{**EVENT, "user_id": "u/1"}, EVENT], headers=key)
    answer = client.delete("/v1/users/u%2F1", headers=key)
    assert answer.status_code == 200
    assert answer.json() == {"events": 1, "rankings": 0, "users": 1, "lines": 1, "position": shop.store.position()}
    assert shop.store.events_of("u/1") == [] and shop.store.events_of("u1")
    assert client.delete("/v1/users/nobody", headers=key).json()["events"] == 0


def test_erasing_needs_the_key_and_an_id(client, key, shop):
    assert client.delete("/v1/users/u1").status_code == 401
    for name in ("%20", "a%00b", "x" * 300):
        answer = client.delete(f"/v1/users/{name}", headers=key)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "user_id")
