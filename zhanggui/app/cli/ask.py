"""`zhanggui search | recommend | similar | explain`: ask the shop from a terminal."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from zhanggui.app.api.answers import Json
from zhanggui.app.asking import ask_page, ask_why
from zhanggui.app.cli.screen import say, table, write_json
from zhanggui.app.settings import Settings
from zhanggui.core.ids import ItemId, UserId
from zhanggui.core.request import Filters, Request, Surface

Count = Annotated[int, typer.Option("-k", min=1, max=1000, help="How many items.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the page to this file.", readable=False)]


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
    told = ask_why(settings, UserId(user), ItemId(item), language=settings.text("language"))
    say(f"{item} for {user}: {_where(told)}")
    rows = [[e["source"], e["score"], _facts(e["facts"])] for e in _records(told["evidence"])]
    if rows:
        table("Evidence", ["source", "score", "facts"], rows)
    write_json(json, told)


def _where(told: Json) -> str:
    if isinstance(told["rank"], int):
        return f"place {told['rank'] + 1}. {told['reason']}"
    dropped = told["dropped"]
    why = f"dropped by {dropped['filter']}: {dropped['reason']}" if isinstance(dropped, dict) else "nobody proposed it"
    return f"not on the page: {why}"


def _facts(facts: dict[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in facts.items())


def _show(context: typer.Context, request: Request, *, title: str, json: Path | None) -> None:
    settings: Settings = context.obj
    page = ask_page(settings, replace(request, language=settings.text("language")))
    table(title, ["#", "item", "title", "price", "why"], [_row(card) for card in _records(page["items"])])
    if page["degraded"]:
        say(f"Left out: {', '.join(map(str, _listed(page['degraded'])))}")
    write_json(json, page)


def _row(card: Json) -> list[object]:
    price = card["price"]
    shown = f"{price:g} {card['currency']}".strip() if isinstance(price, float | int) else ""
    return [int(str(card["position"])) + 1, card["item_id"], card["title"], shown, card["reason"]]


def _records(value: object) -> list[Any]:
    return [one for one in _listed(value) if isinstance(one, dict)]


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
