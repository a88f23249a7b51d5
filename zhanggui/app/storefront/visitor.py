"""Who is looking, and in which language: from the address, the cookies and the browser's wishes."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from zhanggui.app.storefront.words import LANGUAGES
from zhanggui.core.ids import UserId

USER_COOKIE, LANGUAGE_COOKIE = "zg_user", "zg_lang"
YEAR = 365 * 24 * 3600
_OWN_ID = re.compile(r"visitor-[0-9a-f]{32}")
_LONGEST = 256


@dataclass(frozen=True, slots=True)
class Visitor:
    """`user` is empty for someone who has done nothing yet. `chose_language` tells that the address named it."""

    user: UserId
    language: str
    chose_language: bool = False

    @property
    def is_new(self) -> bool:
        """Whether this is a visitor of the storefront itself, not a shopper of the records."""
        return not self.user or _OWN_ID.fullmatch(self.user) is not None


def visitor_of(request: HttpRequest, *, default_language: str, choose_users: bool) -> Visitor:
    """Return who sent a request. Without `choose_users` only ids that this storefront gave out are believed."""
    user = unquote(request.cookies.get(USER_COOKIE, ""))[:_LONGEST].replace("\0", "")
    if not choose_users and not _OWN_ID.fullmatch(user):
        user = ""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return Visitor(UserId(user), asked, chose_language=True)
    return Visitor(UserId(user), _language(request, default_language))


def remember_user(request: HttpRequest, response: Response, user: str) -> None:
    """Set the cookie that says who this is; scripts cannot read it, other sites cannot send it."""
    _set(request, response, USER_COOKIE, quote(user))


def remember_language(request: HttpRequest, response: Response, language: str) -> None:
    """Set the cookie of the language."""
    _set(request, response, LANGUAGE_COOKIE, language)


def _language(request: HttpRequest, default: str) -> str:
    cookie = request.cookies.get(LANGUAGE_COOKIE, "")
    return cookie if cookie in LANGUAGES else accepted_language(request.headers.get("accept-language", ""), default)


def accepted_language(header: str, default: str) -> str:
    """Return the first language of ours that a browser accepts, by its weights.

    >>> accepted_language("fr, en-GB;q=0.7, zh-CN;q=0.9", "en")
    'zh'
    """
    wishes = [_wish(part) for part in header.split(",")]
    ours = [(weight, language) for weight, language in wishes if language in LANGUAGES and weight > 0]
    return max(ours, key=lambda wish: wish[0])[1] if ours else default


def _wish(part: str) -> tuple[float, str]:
    tag, _, weight = part.partition(";q=")
    try:
        value = float(weight) if weight else 1.0
    except ValueError:
        value = 0.0
    return value, tag.strip().lower().split("-")[0]


def _set(request: HttpRequest, response: Response, name: str, value: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="lax", secure=secure)
