"""A product as the pages show it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from markupsafe import Markup

from zhanggui.app.storefront.money import price_text
from zhanggui.app.storefront.pictures import picture
from zhanggui.app.storefront.place import item_url
from zhanggui.core.candidate import Page
from zhanggui.core.ids import ItemId, RankingId
from zhanggui.core.product import Product
from zhanggui.engine.reasons import reason


@dataclass(frozen=True, slots=True)
class Card:
    """Everything about one card. `image` is empty when there is none to show; `picture` is then its drawing."""

    item_id: ItemId
    title: str
    brand: str
    category: str
    price: str
    in_stock: bool
    image: str
    picture: Markup
    href: str
    reason: str = ""
    ranking_id: RankingId = RankingId("")
    position: int = 0


def cards_of(page: Page) -> list[Card]:
    """Return a page's cards, in order, each with its reason and its place in the ranking."""
    language = page.request.language
    return [
        replace(
            _card(page.products.get(candidate.item) or Product(candidate.item), language),
            href=item_url(candidate.item, ranking=page.ranking_id, position=position),
            reason=reason(candidate, page.products, language),
            ranking_id=page.ranking_id,
            position=position,
        )
        for position, candidate in enumerate(page.items)
    ]


def plain_cards(items: list[ItemId], products: Mapping[ItemId, Product], language: str) -> list[Card]:
    """Return cards of items that no ranking put there; what is not in the catalogue is shown by its id."""
    return [_card(products.get(item) or Product(item), language) for item in items]


def web_address(text: str) -> str:
    """Return an address that a page may point to: http, https or a path of this site; empty for anything else.

    >>> web_address("javascript:alert(1)"), web_address("//evil.example/x"), web_address("/a.jpg")
    ('', '', '/a.jpg')
    """
    try:
        scheme, host = urlsplit(text)[:2]
    except ValueError:
        return ""
    local = not scheme and not host and text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if local or (scheme in ("http", "https") and host) else ""


def _card(product: Product, language: str) -> Card:
    return Card(
        item_id=product.item_id,
        title=product.title_in(language),
        brand=product.brand,
        category=product.category[-1] if product.category else "",
        price=price_text(product.price, product.currency),
        in_stock=product.in_stock,
        image=next(filter(None, map(web_address, product.images)), ""),
        picture=picture(product),
        href=item_url(product.item_id),
    )
