"""From what the shop knows to what the API says."""

from collections.abc import Mapping

from zhanggui.core.candidate import Candidate, Dropped, Page
from zhanggui.core.clock import iso
from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.engine.moves import Moving
from zhanggui.engine.reasons import reason
from zhanggui.engine.shop import Explanation, Health

Json = dict[str, object]


def page_json(page: Page, *, explain: bool) -> Json:
    """Return a page. `position` of an item is its place in this ranking, from zero: what events give back."""
    request = page.request
    answer: Json = {
        "ranking_id": page.ranking_id,
        "surface": request.surface,
        "language": request.language,
        "total": page.total,
        "offset": request.offset,
        "k": request.k,
        "items": [
            {"position": position, **card_json(candidate, page.products, request.language, explain=explain)}
            for position, candidate in enumerate(page.items)
        ],
        "facets": {
            facet.name: [{"value": value, "count": count} for value, count in facet.values] for facet in page.facets
        },
        "degraded": page.degraded,
    }
    return {**answer, "dropped": [dropped_json(one) for one in page.dropped]} if explain else answer


def card_json(candidate: Candidate, products: Mapping[ItemId, Product], language: str, *, explain: bool) -> Json:
    """Return one item as a list shows it, with its reason in words; with `explain` also the evidence."""
    product = products.get(candidate.item) or Product(candidate.item)
    card: Json = {
        "item_id": product.item_id,
        "title": product.title_in(language),
        "price": product.price,
        "currency": product.currency,
        "brand": product.brand,
        "category": product.category,
        "image": product.images[0] if product.images else None,
        "url": product.url or None,
        "reason": reason(candidate, products, language),
        "score": candidate.score,
    }
    return {**card, "evidence": evidence_json(candidate)} if explain else card


def evidence_json(candidate: Candidate) -> list[Json]:
    """Return what each source said; scores of different sources share no scale."""
    return [{"source": e.source, "score": e.score, "facts": dict(e.facts)} for e in candidate.evidence]


def dropped_json(dropped: Dropped) -> Json:
    """Return what a filter kept from the page."""
    return {"item_id": dropped.candidate.item, "filter": dropped.filter, "reason": dropped.reason}


def explanation_json(explanation: Explanation, language: str) -> Json:
    """Return why an item is, or is not, on a shopper's page."""
    candidate, products = explanation.candidate, explanation.products
    return {
        "user_id": explanation.user,
        "item_id": explanation.item,
        "shown": explanation.shown,
        "rank": explanation.rank,
        "reason": reason(candidate, products, language) if candidate else None,
        "score": candidate.score if candidate else None,
        "evidence": evidence_json(candidate) if candidate else [],
        "dropped": dropped_json(explanation.dropped) if explanation.dropped else None,
        "titles": {item: product.title_in(language) for item, product in products.items()},
    }


def product_json(product: Product) -> Json:
    """Return a product by the contract that import reads: it can be sent back as it is. Empty parts are left out."""
    parts: Json = {
        "item_id": product.item_id,
        "title": product.title,
        "description": product.description,
        "translations": {
            language: {"title": t.title, "description": t.description} for language, t in product.translations.items()
        },
        "category": product.category,
        "brand": product.brand,
        "price": product.price,
        "currency": product.currency,
        "attributes": dict(product.attributes),
        "images": product.images,
        "audio": product.audio,
        "video": product.video,
        "url": product.url,
        "stock": product.stock,
        "seller_id": product.seller_id,
        "group_id": product.group_id,
        "place": product.place,
        "created_at": iso(product.created_at) if product.created_at is not None else None,
    }
    given = {name: value for name, value in parts.items() if value not in ("", None, (), {})}
    return {**given, "available": product.available}


def health_json(health: Health) -> Json:
    """Return how the shop is."""
    totals = health.totals
    return {
        "ready": health.ready,
        "release": health.release,
        "totals": {
            "products": totals.products,
            "events": totals.events,
            "rankings": totals.rankings,
            "users": totals.users,
        },
        "position": health.position,
        "lag": health.lag,
        "meaning": {"done": health.meaning.done, "total": health.meaning.total},
        "degraded": health.degraded,
        "moving": _moving(health.moving),
    }


def _moving(moving: Moving | None) -> Json | None:
    if moving is None:
        return None
    return {"release": moving.release, "meaning": {"done": moving.meaning.done, "total": moving.meaning.total}}
