"""The first page: search, what is picked for the visitor with reasons, what others buy now."""

from collections.abc import Sequence

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from zhanggui.app.storefront.cards import Card, cards_of, plain_cards
from zhanggui.app.storefront.frame import Frame
from zhanggui.app.storefront.place import Place
from zhanggui.app.storefront.visitor import Visitor
from zhanggui.core.ids import ItemId, UserId
from zhanggui.core.request import Surface

PICKED, TRENDING, RECENT = 12, 24, 8
TRENDING_SHOWN = 10


def home_page(frame: Frame, request: HttpRequest) -> Response:
    """Return the first page; a shop without products explains how to get some."""
    visitor = frame.visitor(request)
    picked = cards_of(frame.shop.page(frame.ask(Surface.FOR_YOU, visitor, k=PICKED)))
    if not picked and not frame.shop.health().totals.products:
        return frame.show(request, visitor, "empty.html", origin=str(request.base_url).rstrip("/"))
    return frame.show(
        request,
        visitor,
        "home.html",
        picked=picked,
        trending=_trending(frame, visitor, {card.item_id for card in picked}),
        recent=_recent(frame, visitor),
        choices=_choices(frame, visitor),
        examples=[(query, Place((("q", query),)).url) for query in frame.settings.example_queries],
    )


def _trending(frame: Frame, visitor: Visitor, shown: set[ItemId]) -> list[Card]:
    cards = cards_of(frame.shop.page(frame.ask(Surface.TRENDING, visitor, k=TRENDING)))
    return [card for card in cards if card.item_id not in shown][:TRENDING_SHOWN]


def _recent(frame: Frame, visitor: Visitor) -> list[Card]:
    if not visitor.user:
        return []
    latest = dict.fromkeys(act.item for act in reversed(frame.shop.history(visitor.user)))
    products = frame.shop.products(list(latest)[:RECENT])
    return plain_cards([item for item in latest if item in products], products, visitor.language)


def _choices(frame: Frame, visitor: Visitor) -> Sequence[UserId]:
    if not frame.settings.choose_users:
        return []
    users = frame.shoppers()
    own = [] if visitor.is_new or visitor.user in users else [visitor.user]
    return [*own, *(user for user in users if not user.startswith("visitor-"))]
