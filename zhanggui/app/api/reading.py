"""The routes that read. They run in the thread pool: nothing here may block the event loop."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from zhanggui.app.api import openapi
from zhanggui.app.api.answers import explanation_json, page_json, product_json
from zhanggui.app.web.body import Body, json_of, read_body
from zhanggui.app.web.calls import Call, check_id, make_call
from zhanggui.app.web.fields import AROUND, LANG, RECOMMEND, SEARCH, read_json, read_query
from zhanggui.app.web.jsonbytes import json_response
from zhanggui.app.web.settings import ApiSettings
from zhanggui.app.web.trace import timing_header
from zhanggui.core.ids import ItemId, UserId
from zhanggui.core.request import Surface
from zhanggui.engine.shop import Shop

Item = Annotated[str, Path(description="Id of a product", examples=["tea"])]
User = Annotated[str, Path(description="Id of a shopper, known or not", examples=["u1"])]


class Reading:
    """Search, recommendation, similar, bought together, trending, explanation, product."""

    def __init__(self, shop: Shop, settings: ApiSettings) -> None:
        self._shop = shop
        self._settings = settings

    def search(self, request: HttpRequest) -> Response:
        """Find products by words and by meaning, with filters, facets, sorting and paging."""
        values = read_query(SEARCH, request.query_params.multi_items())
        return self._page(make_call(Surface.SEARCH, values, self._settings))

    def search_by_body(self, body: Annotated[Body, Depends(read_body)]) -> Response:
        """Search as GET does, with the parameters as a JSON object."""
        return self._page(make_call(Surface.SEARCH, read_json(SEARCH, json_of(body)), self._settings))

    def recommend(self, request: HttpRequest, user_id: User) -> Response:
        """Fill the page "for you" of a shopper. An unknown shopper gets what is popular, never an error."""
        values = read_query(RECOMMEND, request.query_params.multi_items())
        return self._page(make_call(Surface.FOR_YOU, values, self._settings, user=user_id))

    def trending(self, request: HttpRequest) -> Response:
        """List what rises now."""
        values = read_query(AROUND, request.query_params.multi_items())
        return self._page(make_call(Surface.TRENDING, values, self._settings))

    def similar(self, request: HttpRequest, item_id: Item) -> Response:
        """List products that may stand in for this one."""
        return self._around(Surface.SIMILAR, request, item_id)

    def bought_together(self, request: HttpRequest, item_id: Item) -> Response:
        """List products that go into the same basket as this one."""
        return self._around(Surface.BOUGHT_TOGETHER, request, item_id)

    def explain(self, request: HttpRequest, user_id: User, item_id: Item) -> Response:
        """Tell why a product is, or is not, on a shopper's page, from the recorded evidence."""
        language = str(read_query((LANG,), request.query_params.multi_items()).get("lang", self._settings.language))
        user, item = UserId(check_id("user_id", user_id)), self._known(item_id)
        return json_response(explanation_json(self._shop.explain(user, item), language))

    def product(self, item_id: Item) -> Response:
        """Return a product as it was sent."""
        return json_response(product_json(self._shop.product(ItemId(check_id("item_id", item_id)))))

    def _around(self, surface: Surface, request: HttpRequest, item_id: str) -> Response:
        values = read_query(AROUND, request.query_params.multi_items())
        return self._page(make_call(surface, values, self._settings, item=self._known(item_id)))

    def _known(self, item_id: str) -> ItemId:
        return self._shop.product(ItemId(check_id("item_id", item_id))).item_id

    def _page(self, call: Call) -> Response:
        page = self._shop.page(call.request)
        return json_response(
            page_json(page, explain=call.explain), headers={"Server-Timing": timing_header(page.timings)}
        )


def reading_router(shop: Shop, settings: ApiSettings) -> APIRouter:
    """Return the routes that read."""
    routes, router = Reading(shop, settings), APIRouter(prefix="/v1", default_response_class=Response)
    page, search = openapi.answer("Page", openapi.PAGE_EXAMPLE), openapi.parameters(SEARCH)
    around, recommend = openapi.parameters(AROUND), openapi.parameters(RECOMMEND)
    add = router.add_api_route
    add("/search", routes.search, tags=["read"], responses=page, openapi_extra=search)
    add(
        "/search",
        routes.search_by_body,
        methods=["POST"],
        tags=["read"],
        responses=openapi.answer("Page", openapi.PAGE_EXAMPLE, body=True),
        openapi_extra=openapi.json_body(SEARCH),
    )
    add("/recommend/{user_id:path}", routes.recommend, tags=["read"], responses=page, openapi_extra=recommend)
    add("/trending", routes.trending, tags=["read"], responses=page, openapi_extra=around)
    add("/similar/{item_id:path}", routes.similar, tags=["read"], responses=page, openapi_extra=around)
    add("/bought-together/{item_id:path}", routes.bought_together, tags=["read"], responses=page, openapi_extra=around)
    add(
        "/explain/{user_id}/{item_id:path}",
        routes.explain,
        tags=["read"],
        responses=openapi.answer("Explanation", openapi.EXPLANATION_EXAMPLE),
        openapi_extra=openapi.parameters((LANG,)),
    )
    add(
        "/products/{item_id:path}",
        routes.product,
        tags=["catalogue"],
        responses=openapi.answer("Product", openapi.PRODUCT_EXAMPLE),
    )
    return router
