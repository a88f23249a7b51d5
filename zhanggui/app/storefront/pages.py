"""The routes of the storefront."""

import time
from collections.abc import Callable
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, FastAPI
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response

from zhanggui.app.storefront import visitor as visitors
from zhanggui.app.storefront.acts import LONGEST_BODY, Act, act_of, form_of, local_path, refuse_other_sites
from zhanggui.app.storefront.frame import Frame
from zhanggui.app.storefront.home import home_page
from zhanggui.app.storefront.item import item_page
from zhanggui.app.storefront.limits import Limiter
from zhanggui.app.storefront.report_page import report_page
from zhanggui.app.storefront.results import results_page
from zhanggui.app.web.body import Body, read_bounded
from zhanggui.app.web.errors import ApiError
from zhanggui.app.web.jsonbytes import json_response
from zhanggui.app.web.settings import ApiSettings
from zhanggui.core.clock import Clock
from zhanggui.core.event import Event
from zhanggui.core.ids import EventId, ItemId, UserId
from zhanggui.engine.shop import Shop


async def _small_body(request: HttpRequest) -> Body:
    return await read_bounded(request, LONGEST_BODY)


SmallBody = Annotated[Body, Depends(_small_body)]


class Storefront:
    """Pages and the two things a visitor may send: an act, and whose eyes to look with."""

    def __init__(self, frame: Frame, clock: Clock, limiter: Limiter, new_id: Callable[[], str]) -> None:
        self._frame = frame
        self._clock = clock
        self._limiter = limiter
        self._new_id = new_id

    def home(self, request: HttpRequest) -> Response:
        return home_page(self._frame, request)

    def search(self, request: HttpRequest) -> Response:
        return results_page(self._frame, request)

    def item(self, request: HttpRequest, item_id: str) -> Response:
        return item_page(self._frame, request, item_id)

    def report(self, request: HttpRequest) -> Response:
        return report_page(self._frame, request)

    def act(self, request: HttpRequest, body: SmallBody) -> Response:
        """Note what a visitor did: the time is the server's, the person the cookie's."""
        self._guard(request)
        is_json = request.headers.get("content-type", "").startswith("application/json")
        act = act_of(body, is_json=is_json)
        self._frame.shop.product(act.item)
        user = self._frame.visitor(request).user or UserId(f"visitor-{self._new_id()}")
        self._frame.shop.put_events([self._event(act, user)])
        response = json_response({"ok": True}) if is_json else RedirectResponse(act.next, 303)
        visitors.remember_user(request, response, user)
        return response

    def choose(self, request: HttpRequest, body: SmallBody) -> Response:
        """Look with another shopper's eyes, or start anew."""
        self._guard(request)
        form = form_of(body)
        wanted = form.get("user", "") if self._frame.settings.choose_users else ""
        response = RedirectResponse(local_path(form.get("next", "/")), 303)
        visitors.remember_user(request, response, wanted[:256] or f"visitor-{self._new_id()}")
        return response

    def _guard(self, request: HttpRequest) -> None:
        refuse_other_sites(request)
        if not self._limiter.allow(request.client.host if request.client else ""):
            raise ApiError(
                429, "too_fast", "Too many acts.", cure="Wait a second and try again.", headers=(("Retry-After", "1"),)
            )

    def _event(self, act: Act, user: UserId) -> Event:
        return Event(
            EventId(self._new_id()),
            user,
            act.type,
            self._clock.now(),
            item_id=ItemId(act.item),
            ranking_id=act.ranking,
            position=act.position,
            surface=act.surface,
            channel="storefront",
        )


def add_storefront(app: FastAPI, shop: Shop, settings: ApiSettings, clock: Clock) -> None:
    """Add pages, files and the form routes to the app."""
    frame = Frame(shop, settings)
    limiter = Limiter(rate=10, burst=40, seconds=time.monotonic)
    routes = Storefront(frame, clock, limiter, lambda: uuid4().hex)
    router = APIRouter(include_in_schema=False, default_response_class=Response)
    router.add_api_route("/", routes.home)
    router.add_api_route("/search", routes.search)
    router.add_api_route("/item/{item_id:path}", routes.item)
    router.add_api_route("/report", routes.report)
    router.add_api_route("/shop/act", routes.act, methods=["POST"])
    router.add_api_route("/shop/user", routes.choose, methods=["POST"])
    app.include_router(router)
    app.state.error_page = frame.error_page
