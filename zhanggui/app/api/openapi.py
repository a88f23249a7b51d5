"""What /openapi.json says beyond what the framework knows: parameters from the table, answers, examples."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI

from zhanggui.app.api.examples import EXAMPLES
from zhanggui.app.api.schemas import SCHEMAS
from zhanggui.app.web.fields import Field, Kind

Part = dict[str, Any]

PAGE_EXAMPLE = EXAMPLES["Page"]
PRODUCT_EXAMPLE = EXAMPLES["Product"]
EVENT_EXAMPLE = EXAMPLES["Event"]
RECEIPT_EXAMPLE = EXAMPLES["Receipt"]
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}]
HEALTH_EXAMPLE = EXAMPLES["Health"]
ERASED_EXAMPLE = EXAMPLES["Erased"]
EXPLANATION_EXAMPLE = EXAMPLES["Explanation"]

DESCRIPTION = """Search and recommendation for one shop.

Reading is open; writing needs the write key: `Authorization: Bearer KEY` or `X-Zhanggui-Key: KEY`.
Every page of items carries a `ranking_id` and every item its `position`: send both with the events that follow from it.
An answer that is not 2xx has the form `{"error": {"code", "message", "field"?, "cure"?, "request_id"}}`.
Every answer carries `X-Request-ID` (yours, if you sent one) and `Server-Timing`."""


def schema_of(field: Field) -> Part:
    """Return the JSON Schema of a parameter."""
    schema: Part = {"type": field.kind.value, "description": field.help}
    if field.choices:
        schema["enum"] = list(field.choices)
    if field.kind is Kind.TEXT and not field.choices:
        schema["maxLength"] = field.longest
    if field.kind is Kind.MAP:
        schema["additionalProperties"] = {"type": "array", "items": {"type": "string"}}
    return {"type": "array", "items": schema, "description": field.help} if field.many else schema


def parameters(fields: Sequence[Field]) -> Part:
    """Describe parameters of a URL."""
    return {"parameters": [_parameter(field) for field in fields]}


def json_body(fields: Sequence[Field]) -> Part:
    """Describe a body that holds the parameters as one JSON object."""
    schema = {
        "type": "object",
        "properties": {field.name: schema_of(field) for field in fields},
        "additionalProperties": False,
    }
    example = {field.name: [field.example] if field.many else field.example for field in fields}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}


def records_body(schema: str, example: object) -> Part:
    """Describe a batch of records, as a JSON list or one a line."""
    one = _reference(schema)
    listed = {"schema": {"type": "array", "items": one}, "example": [example]}
    content = {"application/json": listed, "application/x-ndjson": {"schema": one}}
    return {"requestBody": {"required": True, "content": content}}


READS = (400, 404, 431, 503, 504)
BODIES = (408, 413, 415)
KEYS = (401, 403)
MEANINGS = {
    207: "Some records were kept, the rejected ones are listed with reasons",
    400: "The request cannot be understood",
    401: "No key was shown",
    403: "The key is wrong, or writing is off",
    404: "There is no such product",
    408: "The body was not here in time",
    413: "The body is too large, as sent or unpacked, or the batch has too many records",
    415: "The body is compressed in a way that is not known here",
    431: "Address and headers are too large",
    503: "The shop cannot answer now, or is full; see Retry-After",
    504: "The answer was not ready in time",
}


def answer(
    schema: str, example: object, *, body: bool = False, writes: bool = False, keyed: bool = False
) -> dict[int | str, Part]:
    """Describe the answers of a route: the good one, and every error that it can give."""
    good = {"content": {"application/json": {"schema": _reference(schema), "example": example}}}
    error = {"content": {"application/json": {"schema": _reference("Error"), "example": EXAMPLES["Error"]}}}
    codes = (*READS, *(BODIES if body or writes else ()), *(KEYS if writes or keyed else ()))
    answers: dict[int | str, Part] = {200: {"description": "The answer", **good}}
    if writes:
        answers[207] = {"description": MEANINGS[207], **good}
    return answers | {code: {"description": MEANINGS[code], **error} for code in sorted(codes)}


def install(app: FastAPI) -> None:
    """Make the app's description complete; it is made once, at the first question."""
    made = app.openapi

    def describe() -> dict[str, Any]:
        return app.openapi_schema or _complete(made())

    app.openapi = describe  # type: ignore[method-assign]


def _complete(document: Part) -> Part:
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(SCHEMAS)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "header": {"type": "apiKey", "in": "header", "name": "X-Zhanggui-Key"},
    }
    for operation in _operations(document):
        if "207" in operation["responses"]:
            operation["security"] = SECURITY
    return document


def _operations(document: Mapping[str, Any]) -> list[Part]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def _parameter(field: Field) -> Part:
    schema = schema_of(field)
    parameter: Part = {"name": field.name, "in": "query", "description": field.help, "required": False}
    if field.kind is Kind.MAP:
        return {**parameter, "style": "form", "explode": True, "schema": schema}
    return {**parameter, "schema": schema, "example": [field.example] if field.many else field.example}


def _reference(schema: str) -> Part:
    return {"$ref": f"#/components/schemas/{schema}"}
