"""What all pages share: the shop, who is looking, the words, and the frame around the content."""

import time
from collections.abc import Callable

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from zhanggui.app.storefront.rendering import Renderer
from zhanggui.app.storefront.visitor import Visitor, remember_language, visitor_of
from zhanggui.app.storefront.words import LANGUAGES, known_word, words_in
from zhanggui.app.web.errors import ApiError, request_id_of
from zhanggui.app.web.settings import ApiSettings
from zhanggui.core.ids import UserId
from zhanggui.core.request import Request, Surface
from zhanggui.engine.shop import Shop

CHOICES = 20
KEPT = 30.0
"""Seconds that the list of shoppers is kept: counting the most active is work over all of them."""


class Frame:
    """Hand pages what they need and put the frame around what they make."""

    def __init__(self, shop: Shop, settings: ApiSettings, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self.shop = shop
        self.settings = settings
        self._renderer = Renderer()
        self._seconds = seconds
        self._shoppers: tuple[float, list[UserId]] = (-KEPT, [])

    def visitor(self, request: HttpRequest) -> Visitor:
        """Return who is looking; in a demonstration, who has not chosen yet sees with the first shopper's eyes."""
        visitor = self._stated_visitor(request)
        if visitor.user or not self.settings.choose_users:
            return visitor
        first = self.shoppers()
        return Visitor(first[0], visitor.language, visitor.chose_language) if first else visitor

    def shoppers(self) -> list[UserId]:
        """Return some shoppers of the records, the most active first. Asked of the shop twice a minute at most."""
        since, users = self._shoppers
        if self._seconds() - since >= KEPT or not users:
            users = list(self.shop.users(k=CHOICES))
            self._shoppers = (self._seconds(), users)
        return users

    def ask(self, surface: Surface, visitor: Visitor, *, k: int) -> Request:
        """Return the request for a page of this visitor."""
        return Request(surface, user=visitor.user, k=k, language=visitor.language)

    def show(
        self, request: HttpRequest, visitor: Visitor, template: str, *, status: int = 200, **values: object
    ) -> Response:
        """Return a page with the frame around it."""
        response = self._renderer.page(
            template,
            status=status,
            shop_title=self.settings.title,
            say=words_in(visitor.language),
            visitor=visitor,
            languages={language: _in_language(request, language) for language in LANGUAGES},
            here=_here(request),
            **{"query": "", **values},
        )
        if visitor.chose_language:
            remember_language(request, response, visitor.language)
        return response

    def error_page(self, request: HttpRequest, error: ApiError) -> Response:
        """Return an error as a page that a person can read. Asks nothing of the shop, which may be what failed."""
        message = known_word(f"error_{error.status}", "error_other")
        return self.show(
            request,
            self._stated_visitor(request),
            "error.html",
            status=error.status,
            message=message,
            cure=f"{error.message} {error.cure}".strip() if error.status == 400 else "",
            request_id=request_id_of(request),
        )

    def _stated_visitor(self, request: HttpRequest) -> Visitor:
        return visitor_of(request, default_language=self.settings.language, choose_users=self.settings.choose_users)


def _here(request: HttpRequest) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _in_language(request: HttpRequest, language: str) -> str:
    url = request.url.include_query_params(lang=language)
    return f"{url.path}?{url.query}"
