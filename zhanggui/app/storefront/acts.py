"""What a visitor does on the pages: read it, bound it, and make an event of it."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request as HttpRequest

from zhanggui.app.storefront.cards import web_address
from zhanggui.app.web.body import Body, json_of
from zhanggui.app.web.calls import check_id
from zhanggui.app.web.errors import ApiError, bad_request
from zhanggui.core.event import EventType
from zhanggui.core.ids import ItemId, RankingId

ALLOWED = (EventType.VIEW, EventType.CLICK, EventType.CART, EventType.LIKE, EventType.DISLIKE)
LONGEST_BODY = 4096
NAMES = ("type", "item_id", "ranking_id", "position", "surface", "next")
LAST_POSITION = 10_000


@dataclass(frozen=True, slots=True)
class Act:
    """One act as a page reports it; `next` is where a visitor without the script goes on."""

    type: EventType
    item: ItemId
    ranking: RankingId = RankingId("")
    position: int | None = None
    surface: str = ""
    next: str = "/"


def refuse_other_sites(request: HttpRequest) -> None:
    """Refuse what a page of another site made the browser send."""
    fetched = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    other = fetched not in ("", "same-origin", "none") or (
        not fetched and origin and urlsplit(origin).netloc != request.headers.get("host", "")
    )
    if other:
        raise ApiError(403, "other_site", "Acts are taken from the shop's own pages only.", cure="Use POST /v1/events.")


def form_of(body: Body) -> dict[str, str]:
    """Read a form; the last value of a name counts."""
    try:
        return dict(parse_qsl(body.content.decode("utf-8"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise bad_request("The form cannot be read.") from None


def act_of(body: Body, *, is_json: bool) -> Act:
    """Read an act from JSON or from a form.

    >>> act_of(Body(b'{"type": "click", "item_id": "tea", "position": 2}'), is_json=True).position
    2
    """
    content = json_of(body) if is_json else form_of(body)
    if not isinstance(content, dict):
        raise bad_request("An act is a JSON object.")
    unknown = sorted(set(content) - set(NAMES))
    if unknown:
        raise bad_request(f"Unknown field {unknown[0]!r}.", field=unknown[0], cure=f"Known here: {', '.join(NAMES)}.")
    return Act(
        type=_type(content.get("type")),
        item=ItemId(_text(content, "item_id", required=True)),
        ranking=RankingId(_text(content, "ranking_id")),
        position=_position(content.get("position")),
        surface=_text(content, "surface"),
        next=local_path(_text(content, "next")),
    )


def origin_of(text: str) -> tuple[RankingId, int | None]:
    """Read the `from` of a product's address; anything else counts as coming from nowhere.

    >>> origin_of("r1:2"), origin_of("nonsense")
    (('r1', 2), ('', None))
    """
    ranking, _, position = text.rpartition(":")
    if not ranking or len(ranking) > 128 or not (position.isascii() and position.isdecimal()) or len(position) > 5:
        return RankingId(""), None
    return RankingId(ranking), int(position)


def local_path(text: str) -> str:
    """Return a path of this site, or "/" for anything else: no one is sent to another host."""
    return text if text.startswith("/") and web_address(text) and not set(text) & set("\r\n\t\\") else "/"


def _type(value: object) -> EventType:
    if value not in ALLOWED:
        raise bad_request(f"type is {str(value)[:40]!r}.", field="type", cure=f"Allowed: {', '.join(ALLOWED)}.")
    return EventType(str(value))


def _text(content: dict[str, object], name: str, *, required: bool = False) -> str:
    value = content.get(name) or ""
    if not isinstance(value, str) or (required and not value):
        raise bad_request(f"{name} is {str(value)[:40]!r}.", field=name, cure="Give a text.")
    return value if name == "next" else check_id(name, value)


def _position(value: object) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 9:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LAST_POSITION:
        raise bad_request(f"position is {str(value)[:40]!r}.", field="position", cure="Allowed: a place from 0.")
    return value
