"""The description of the API and the page made from it."""

import re

from zhanggui.app.web.fields import SEARCH
from zhanggui.data.records import EVENT_FIELDS, PRODUCT_FIELDS

ROUTES = {
    "/v1/products": {"post"},
    "/v1/products/remove": {"post"},
    "/v1/products/{item_id}": {"get", "delete"},
    "/v1/events": {"post"},
    "/v1/users/{user_id}": {"delete"},
    "/v1/search": {"get", "post"},
    "/v1/recommend/{user_id}": {"get"},
    "/v1/similar/{item_id}": {"get"},
    "/v1/bought-together/{item_id}": {"get"},
    "/v1/trending": {"get"},
    "/v1/explain/{user_id}/{item_id}": {"get"},
    "/v1/health": {"get"},
}


def test_every_route_is_described_with_an_example(client):
    document = client.get("/openapi.json").json()
    assert {path: set(methods) for path, methods in document["paths"].items()} == ROUTES
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["description"]
            assert operation["responses"]["200"]["content"]["application/json"]["example"]
            assert {"400", "404", "503", "504"} < operation["responses"].keys()


def test_writing_routes_are_marked(client):
    document = client.get("/openapi.json").json()
    marked = {(path, method) for path, ms in document["paths"].items() for method, o in ms.items() if "security" in o}
    writing = {"/v1/products", "/v1/products/remove", "/v1/events"}
    assert marked == {(path, "post") for path in writing} | {
        ("/v1/products/{item_id}", "delete"),
        ("/v1/users/{user_id}", "delete"),
    }


def test_references_lead_somewhere(client):
    answer = client.get("/openapi.json")
    names = set(re.findall(r"#/components/schemas/(\w+)", answer.text))
    assert names and names <= set(answer.json()["components"]["schemas"])


def test_shapes_name_exactly_the_fields_of_the_contract(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["Product"]["properties"].keys() == PRODUCT_FIELDS.keys()
    assert schemas["Event"]["properties"].keys() == EVENT_FIELDS.keys()


def test_examples_of_records_are_accepted(client, key):
    document = client.get("/openapi.json").json()
    for path in ("/v1/products", "/v1/events"):
        example = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
        receipt = client.post(path, json=example, headers=key).json()
        assert (receipt["written"] + receipt["repeated"], receipt["rejected"], receipt["ignored"]) == (1, [], [])


def test_examples_of_answers_have_the_shape_of_answers(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    explained = client.get("/v1/search?q=龙井&explain=1").json()
    assert explained.keys() <= schemas["Page"]["properties"].keys()
    assert explained["items"][0].keys() == schemas["Card"]["properties"].keys()
    assert client.get("/v1/health").json().keys() == schemas["Health"]["properties"].keys()
    assert client.get("/v1/explain/u/tea").json().keys() == schemas["Explanation"]["properties"].keys()


def test_the_page_is_complete_and_asks_no_other_host(client):
    answer = client.get("/docs")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', answer.text)
    assert all(path in answer.text for path in ROUTES)
    assert all(field.name in answer.text for field in SEARCH)


def test_the_api_stands_alone(make_client):
    client = make_client(storefront=False)
    assert client.get("/").status_code == 404
    assert client.get("/docs").status_code == 200
    assert client.get("/v1/health").status_code == 200
