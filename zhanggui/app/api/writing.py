"""The routes that write: products and events in batches, behind the write key."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Annotated, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends
from starlette.responses import Response

from zhanggui.app.api import openapi
from zhanggui.app.api.batches import divide, receipt_json, rejected_json, unknown_fields
from zhanggui.app.api.keys import require_key
from zhanggui.app.api.reading import Item
from zhanggui.app.web.body import Body, read_body, records_of
from zhanggui.app.web.calls import check_id
from zhanggui.app.web.errors import bad_request, error_body
from zhanggui.app.web.jsonbytes import json_response
from zhanggui.app.web.settings import ApiSettings
from zhanggui.core.errors import RecordError
from zhanggui.core.ids import ItemId
from zhanggui.core.protocols import Receipt
from zhanggui.data.records import EVENT_FIELDS, PRODUCT_FIELDS, event_from, product_from
from zhanggui.data.values import identifier
from zhanggui.engine.shop import Shop

T = TypeVar("T")
Tags = list[str | Enum]
THREADS = 8
"""Threads of writers: however many wait, those that read are free. The Store takes one write after another anyway."""

Sent = Annotated[Body, Depends(read_body)]


class Writing:
    """Put and remove products, put events. What is acknowledged is committed and applied: the next page knows it."""

    def __init__(self, shop: Shop, settings: ApiSettings) -> None:
        self._shop = shop
        self._settings = settings
        self._threads = CapacityLimiter(THREADS)

    async def put_products(self, body: Sent) -> Response:
        """Add or replace products. Good records are kept whatever the bad ones are; those come back with reasons."""
        return await self._batch(body, product_from, PRODUCT_FIELDS, self._shop.put_products)

    async def put_events(self, body: Sent) -> Response:
        """Add events. One sent twice (same event_id, or without one the same content) counts once: repeat at will."""
        return await self._batch(body, event_from, EVENT_FIELDS, self._shop.put_events)

    async def remove_product(self, item_id: Item) -> Response:
        """Remove a product. Removing what is not there is no error: `written` is 0 then."""
        items = [ItemId(check_id("item_id", item_id))]
        receipt = await run_sync(self._shop.remove_products, items, limiter=self._threads)
        return json_response(receipt_json(receipt, ()))

    async def remove_products(self, body: Sent) -> Response:
        """Remove products, given as a list of objects with `item_id`; other fields of theirs do not matter."""
        return await self._batch(body, _item_id, PRODUCT_FIELDS, self._shop.remove_products)

    async def _batch(
        self,
        body: Body,
        parse: Callable[[Mapping[str, object]], T],
        known: Mapping[str, object],
        put: Callable[[Sequence[T]], Receipt],
    ) -> Response:
        return await run_sync(self._kept, body, parse, known, put, limiter=self._threads)

    def _kept(
        self,
        body: Body,
        parse: Callable[[Mapping[str, object]], T],
        known: Mapping[str, object],
        put: Callable[[Sequence[T]], Receipt],
    ) -> Response:
        records = records_of(body, limit=self._settings.max_records)
        divided = divide(records, parse)
        if divided.rejected and not divided.good:
            first = divided.rejected[0]
            error = bad_request(
                f"No record could be kept; the first: {first.message}", field=first.field, cure="See `rejected`."
            )
            return json_response(
                {**error_body(error), "rejected": rejected_json(divided.rejected)}, status=error.status
            )
        receipt = receipt_json(put(divided.good), divided.rejected, unknown_fields(records, known))
        return json_response(receipt, status=207 if divided.rejected else 200)


def _item_id(record: Mapping[str, object]) -> ItemId:
    try:
        return ItemId(identifier(record.get("item_id")))
    except ValueError as error:
        raise RecordError(f"item_id {error}.", field="item_id") from None


def writing_router(shop: Shop, settings: ApiSettings) -> APIRouter:
    """Return the routes that write."""
    routes = Writing(shop, settings)
    router = APIRouter(prefix="/v1", dependencies=[Depends(require_key)], default_response_class=Response)
    receipt = openapi.answer("Receipt", openapi.RECEIPT_EXAMPLE, writes=True)
    add = router.add_api_route
    catalogue: Tags = ["catalogue"]
    behaviour: Tags = ["behaviour"]
    add(
        "/products",
        routes.put_products,
        methods=["POST"],
        tags=catalogue,
        responses=receipt,
        openapi_extra=openapi.records_body("Product", openapi.PRODUCT_EXAMPLE),
    )
    add(
        "/products/remove",
        routes.remove_products,
        methods=["POST"],
        tags=catalogue,
        responses=receipt,
        openapi_extra=openapi.records_body("ItemId", {"item_id": "tea"}),
    )
    add("/products/{item_id:path}", routes.remove_product, methods=["DELETE"], tags=catalogue, responses=receipt)
    add(
        "/events",
        routes.put_events,
        methods=["POST"],
        tags=behaviour,
        responses=receipt,
        openapi_extra=openapi.records_body("Event", openapi.EVENT_EXAMPLE),
    )
    return router
