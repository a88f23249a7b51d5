"""The routes of those who keep the shop: health and metrics. They have threads of their own, so a full shop answers."""

from collections.abc import Callable

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from zhanggui.app.api import openapi
from zhanggui.app.api.answers import health_json
from zhanggui.app.api.keys import require_key
from zhanggui.app.observing.metrics import CONTENT_TYPE, Metrics
from zhanggui.app.web.errors import ApiError
from zhanggui.app.web.jsonbytes import json_response
from zhanggui.app.web.settings import ApiSettings
from zhanggui.engine.shop import Shop

LOCAL = ("127.0.0.1", "::1")
THREADS = 4


class Operating:
    """How the shop is, for load balancers and for Prometheus."""

    def __init__(self, shop: Shop, settings: ApiSettings, metrics: Metrics) -> None:
        self._shop, self._settings, self._metrics = shop, settings, metrics
        self._threads = CapacityLimiter(THREADS)

    async def health(self) -> Response:
        """Say how the shop is: 200 when it answers, 503 while it cannot."""
        return await self._apart(self._health)

    async def metrics(self, request: HttpRequest) -> Response:
        """Return the metrics in Prometheus' text form, to whom the setting `metrics` allows."""
        await self._admit(request)
        return await self._apart(lambda: Response(self._metrics.text(), media_type=CONTENT_TYPE))

    def _health(self) -> Response:
        health = self._shop.health()
        return json_response(health_json(health), status=200 if health.ready else 503)

    async def _apart(self, answer: Callable[[], Response]) -> Response:
        return await run_sync(answer, limiter=self._threads)

    async def _admit(self, request: HttpRequest) -> None:
        who = self._settings.metrics
        if who == "key":
            await require_key(request)
        elif who == "off" or (who == "local" and (request.client is None or request.client.host not in LOCAL)):
            cure = "Ask from this machine, or set ZHANGGUI_METRICS to key or on and restart the server."
            raise ApiError(403, "metrics_closed", "The metrics are not for this caller.", cure=cure)


def operating_router(shop: Shop, settings: ApiSettings, metrics: Metrics) -> APIRouter:
    """Return the routes of operation."""
    routes, router = Operating(shop, settings, metrics), APIRouter(default_response_class=Response)
    health = openapi.answer("Health", openapi.HEALTH_EXAMPLE)
    router.add_api_route("/v1/health", routes.health, tags=["operation"], responses=health)
    router.add_api_route("/metrics", routes.metrics, include_in_schema=False)
    return router
