"""Whatever goes wrong is answered as `{"error": {code, message, field?, cure?, request_id}}`, never as a traceback."""

from collections.abc import Mapping

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from zhanggui.app.web.jsonbytes import json_response
from zhanggui.core.errors import ConfigError, InputError, NotFoundError, RecordError, StoreError, ZhangguiError

STATUS: tuple[tuple[type[ZhangguiError], int], ...] = (
    (NotFoundError, 404),
    (InputError, 400),
    (StoreError, 503),
    (ConfigError, 500),
)
"""First match wins; every other error of ours is a 503: the shop cannot answer now."""

CURES = {
    404: "See the list of routes at /docs.",
    405: "See at /docs which methods this route has.",
    503: "Wait and try again; GET /v1/health says how the shop is.",
}


class ApiError(Exception):
    """An answer that is an error. `code` is for machines and never changes."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str = "",
        cure: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.field, self.cure, self.headers = field, cure, headers


def bad_request(message: str, *, field: str = "", cure: str = "") -> ApiError:
    """Return the error for a request that cannot be understood."""
    return ApiError(400, "bad_request", message, field=field, cure=cure)


def as_api_error(error: ZhangguiError) -> ApiError:
    """Translate an error of the package.

    >>> as_api_error(NotFoundError("product", "t9")).status
    404
    """
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 503)
    field = error.field if isinstance(error, RecordError) else ""
    headers = (("Retry-After", "1"),) if status == 503 else ()
    return ApiError(
        status, error.code, str(error), field=field, cure=CURES[503] if status == 503 else "", headers=headers
    )


def error_body(error: ApiError, *, request_id: str = "") -> dict[str, object]:
    """Return the error as the API writes it; empty parts are left out."""
    parts = {
        "code": error.code,
        "message": error.message,
        "field": error.field,
        "cure": error.cure,
        "request_id": request_id,
    }
    return {"error": {name: value for name, value in parts.items() if value}}


def error_response(request: HttpRequest, error: ApiError) -> Response:
    """Return the error as an answer: a page for a person who looks at pages, JSON for everyone else; it is counted."""
    request.app.state.metrics.failed(error.code)
    page = getattr(request.app.state, "error_page", None)
    if page and not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", ""):
        answer: Response = page(request, error)
        answer.headers.update(dict(error.headers))
        return answer
    body = error_body(error, request_id=request_id_of(request))
    return json_response(body, status=error.status, headers=dict(error.headers))


def request_id_of(request: HttpRequest) -> str:
    """Return the id under which the server's log knows this request."""
    state: Mapping[str, object] = request.scope.get("state", {})
    return str(state.get("request_id", ""))


def of_status(status: int, detail: str) -> ApiError:
    """Return the error for what the framework refused (no such route, wrong method)."""
    codes = {404: "no_such_route", 405: "method_not_allowed"}
    return ApiError(status, codes.get(status, "http"), detail, cure=CURES.get(status, ""))


INTERNAL = ApiError(500, "internal", "The server failed on this request; its log tells more under the request's id.")


def install(app: FastAPI) -> None:
    """Make every error of the app an answer of this shape."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(ZhangguiError, _own_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _internal)


async def _api_error(request: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(request, error)


async def _own_error(request: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, ZhangguiError)
    return error_response(request, as_api_error(error))


async def _http_error(request: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = error_response(request, of_status(error.status_code, str(error.detail)))
    answer.headers.update(error.headers or {})
    return answer


async def _internal(request: HttpRequest, error: Exception) -> Response:
    return error_response(request, INTERNAL)
