"""`zhanggui search | recommend | similar | explain`: ask the shop from a terminal."""

from pathlib import Path
from typing import Annotated

import typer

from zhanggui.app.build import opened_shop
from zhanggui.app.cli.screen import say, table, write_json
from zhanggui.app.settings import Settings
from zhanggui.core.candidate import Page
from zhanggui.core.ids import ItemId, UserId
from zhanggui.core.request import Filters, Request, Surface
from zhanggui.engine.reasons import reason

Count = Annotated[int, typer.Option("-k", min=1, max=1000, help="How many items.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the page to this file.")]


def register(root: typer.Typer) -> None:
    """Add the four commands."""
    for command in (search, recommend, similar, explain):
        root.command()(command)


def search(
    context: typer.Context,
    text: str,
    k: Count = 10,
    brand: Annotated[list[str] | None, typer.Option(help="Any of these brands.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="Any of these subtrees, as 'a > b'.")] = None,
    in_stock: Annotated[bool, typer.Option(help="Only what can be bought now.")] = False,
    json: JsonFile = None,
) -> None:
    """Find products by words and meaning."""
    paths = tuple(tuple(part.strip() for part in path.split(" > ")) for path in category or ())
    filters = Filters(categories=paths, brands=tuple(brand or ()), in_stock=in_stock)
    _show(context, Request(Surface.SEARCH, query=text, filters=filters, k=k), title=f"Search: {text}", json=json)


def recommend(context: typer.Context, user: str, k: Count = 10, json: JsonFile = None) -> None:
    """Show the for-you page of a user."""
    _show(context, Request(Surface.FOR_YOU, user=UserId(user), k=k), title=f"For {user}", json=json)


def similar(context: typer.Context, item: str, k: Count = 10, json: JsonFile = None) -> None:
    """Show what is like a product."""
    _show(context, Request(Surface.SIMILAR, item=ItemId(item), k=k), title=f"Like {item}", json=json)


def explain(context: typer.Context, user: str, item: str, json: JsonFile = None) -> None:
    """Tell where a product stands on a user's page, and why."""
    settings: Settings = context.obj
    with opened_shop(settings) as shop:
        told = shop.explain(UserId(user), ItemId(item))
    if told.candidate is None:
        why = f"dropped by {told.dropped.filter}: {told.dropped.reason}" if told.dropped else "no source proposed it"
        say(f"{item} is not on the page of {user}: {why}")
    else:
        where = "beyond the page" if told.rank is None else f"place {told.rank + 1}"
        say(f"{item} for {user}: {where}. {reason(told.candidate, told.products, settings.text('language'))}")
        rows = [[e.source, e.score, ", ".join(f"{n}={v}" for n, v in e.facts)] for e in told.candidate.evidence]
        table("Evidence", ["source", "score", "facts"], rows)
    write_json(json, told)


def _show(context: typer.Context, request: Request, *, title: str, json: Path | None) -> None:
    settings: Settings = context.obj
    with opened_shop(settings) as shop:
        page = shop.page(request)
    table(title, ["#", "item", "title", "price", "why"], _rows(page, settings.text("language")))
    if page.degraded:
        say(f"Left out: {', '.join(page.degraded)}")
    write_json(json, page)


def _rows(page: Page, language: str) -> list[list[object]]:
    rows: list[list[object]] = []
    for place, candidate in enumerate(page.items, start=1 + page.request.offset):
        product = page.products[candidate.item]
        price = "" if product.price is None else f"{product.price:g} {product.currency}".strip()
        title = product.title_in(language)
        rows.append([place, candidate.item, title, price, reason(candidate, page.products, language)])
    return rows
