"""The page of one product: details, similar ones, what is bought with it."""

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from zhanggui.app.storefront.acts import origin_of
from zhanggui.app.storefront.cards import Card, cards_of, plain_cards, web_address
from zhanggui.app.storefront.facets import SEPARATOR
from zhanggui.app.storefront.frame import Frame
from zhanggui.app.storefront.place import Place
from zhanggui.app.storefront.visitor import Visitor
from zhanggui.app.web.calls import check_id
from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.request import Request, Surface

AROUND = 6


def item_page(frame: Frame, request: HttpRequest, item_id: str) -> Response:
    """Return a product's page; NotFoundError when there is no such product."""
    visitor = frame.visitor(request)
    product = frame.shop.product(ItemId(check_id("item_id", item_id)))
    ranking, position = origin_of(request.query_params.get("from", ""))
    return frame.show(
        request,
        visitor,
        "item.html",
        product=product,
        card=plain_cards([product.item_id], {product.item_id: product}, visitor.language)[0],
        description=_description(product, visitor.language),
        crumbs=_crumbs(product),
        outside=web_address(product.url),
        similar=_around(frame, Surface.SIMILAR, visitor, product.item_id),
        together=_around(frame, Surface.BOUGHT_TOGETHER, visitor, product.item_id),
        ranking=ranking,
        position="" if position is None else position,
    )


def _around(frame: Frame, surface: Surface, visitor: Visitor, item: ItemId) -> list[Card]:
    return cards_of(
        frame.shop.page(Request(surface, user=visitor.user, item=item, k=AROUND, language=visitor.language))
    )


def _description(product: Product, language: str) -> str:
    translation = product.translations.get(language)
    return (translation.description if translation else "") or product.description


def _crumbs(product: Product) -> list[tuple[str, str]]:
    """Return the steps of the category path with the addresses of their products."""
    paths = (product.category[: end + 1] for end in range(len(product.category)))
    return [(path[-1], Place((("category", SEPARATOR.join(path)),)).url) for path in paths]
