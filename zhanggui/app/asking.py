"""Ask the shop from a terminal: the server that has the home open, else the shop itself. The answer is the API's."""

import http.client
from collections.abc import Callable
from urllib.parse import quote, urlencode, urlsplit

import orjson

from zhanggui.app.api.answers import Json, explanation_json, page_json
from zhanggui.app.build import opened_shop
from zhanggui.app.home_lock import HeldError, held
from zhanggui.app.settings import Settings
from zhanggui.core.errors import InputError, StoreError
from zhanggui.core.ids import ItemId, UserId
from zhanggui.core.request import Request, Surface
from zhanggui.engine.shop import Shop

SECONDS = 60


def ask_page(settings: Settings, request: Request) -> Json:
    """Return a page as GET /v1/search, /v1/recommend or /v1/similar does, with evidence."""
    return _asked(settings, _address(request), lambda shop: page_json(shop.page(request), explain=True))


def ask_why(settings: Settings, user: UserId, item: ItemId, *, language: str) -> Json:
    """Return what GET /v1/explain says."""
    address = f"/v1/explain/{_id(user)}/{_id(item)}?lang={language}"
    return _asked(settings, address, lambda shop: explanation_json(shop.explain(user, item), language))


def _asked(settings: Settings, address: str, answer: Callable[[Shop], Json]) -> Json:
    try:
        with held(settings.home), opened_shop(settings) as shop:
            return answer(shop)
    except HeldError as error:
        if not error.holder.url:
            raise
        return _fetched(error.holder.url, address)


def _address(request: Request) -> str:
    paths = {
        Surface.SEARCH: "/v1/search",
        Surface.FOR_YOU: f"/v1/recommend/{_id(request.user)}",
        Surface.SIMILAR: f"/v1/similar/{_id(request.item)}",
    }
    wanted = [("k", str(request.k)), ("lang", request.language), ("explain", "1")]
    wanted += [("q", request.query)] if request.query else []
    wanted += [("category", " > ".join(path)) for path in request.filters.categories]
    wanted += [("brand", brand) for brand in request.filters.brands]
    wanted += [("in_stock", "1")] if request.filters.in_stock else []
    return f"{paths[request.surface]}?{urlencode(wanted)}"


def _fetched(url: str, address: str) -> Json:
    server = urlsplit(url)
    connection = http.client.HTTPConnection(server.hostname or "", server.port, timeout=SECONDS)
    try:
        connection.request("GET", address)
        answer = connection.getresponse()
        content: Json = orjson.loads(answer.read())
    except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
        raise StoreError(f"The server at {url} has this home open and does not answer: {error}. Stop it.") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise InputError(_told(content))
    return content


def _told(content: Json) -> str:
    error = content.get("error")
    parts = [error.get("message"), error.get("cure")] if isinstance(error, dict) else []
    return " ".join(str(part) for part in parts if part) or "The server refused the request."


def _id(name: str) -> str:
    return quote(name, safe="")
