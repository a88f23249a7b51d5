"""Whoever writes shows a key."""

from hmac import compare_digest

from starlette.requests import Request as HttpRequest

from zhanggui.app.web.errors import ApiError
from zhanggui.app.web.settings import ApiSettings

HOW = "Send the header 'Authorization: Bearer KEY' or 'X-Zhanggui-Key: KEY'."


async def require_key(request: HttpRequest) -> None:
    """Refuse a write without the right key: 401 where none was shown, 403 where it is wrong or the shop has none."""
    settings: ApiSettings = request.app.state.settings
    if not settings.write_key:
        cure = "Set ZHANGGUI_WRITE_KEY (or serve with --write-key) and restart the server."
        raise ApiError(403, "writing_off", "This shop takes no writes over HTTP: no write key is set.", cure=cure)
    shown = shown_key(request)
    if not shown:
        raise ApiError(
            401, "key_missing", "Writing needs the write key.", cure=HOW, headers=(("WWW-Authenticate", "Bearer"),)
        )
    # Headers arrive as Latin-1: this gives back the bytes that were sent. Equally long wherever the two differ.
    if not compare_digest(shown.encode("latin-1"), settings.write_key.encode()):
        raise ApiError(403, "key_wrong", "The write key is wrong.", cure=HOW)


def shown_key(request: HttpRequest) -> str:
    """Return the key in the headers, empty when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.headers.get("x-zhanggui-key", "")
