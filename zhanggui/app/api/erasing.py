"""The route that erases a shopper, behind the write key."""

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends
from starlette.responses import Response

from zhanggui.app.api import openapi
from zhanggui.app.api.keys import require_key
from zhanggui.app.api.reading import User
from zhanggui.app.web.calls import check_id
from zhanggui.app.web.errors import bad_request
from zhanggui.app.web.jsonbytes import json_response
from zhanggui.app.web.settings import ApiSettings
from zhanggui.core.ids import UserId
from zhanggui.data.leftovers import erase_from_files
from zhanggui.data.values import identifier
from zhanggui.engine.shop import Shop

THREADS = 2


class Erasing:
    """Erase users. What is acknowledged is committed and applied: no page knows of it any more."""

    def __init__(self, shop: Shop, settings: ApiSettings) -> None:
        self._shop, self._settings = shop, settings
        self._threads = CapacityLimiter(THREADS)

    async def erase_user(self, user_id: User) -> Response:
        """Erase a shopper (an anonymous id, too) for good: events, rankings, and what was derived from them.

        Erasing whom nobody knows is no error. Copies of rows in the database's files are overwritten within the hour.
        """
        user = _checked(user_id)
        return json_response(await run_sync(self._erase, user, limiter=self._threads))

    def _erase(self, user: UserId) -> dict[str, int]:
        erased = self._shop.erase_users([user])
        lines = erase_from_files(self._settings.home, [user]).lines if self._settings.home else 0
        return {
            "events": erased.events,
            "rankings": erased.rankings,
            "users": erased.users,
            "lines": lines,
            "position": erased.position,
        }


def erasing_router(shop: Shop, settings: ApiSettings) -> APIRouter:
    """Return the routes that erase."""
    routes = Erasing(shop, settings)
    router = APIRouter(prefix="/v1", dependencies=[Depends(require_key)], default_response_class=Response)
    router.add_api_route(
        "/users/{user_id:path}",
        routes.erase_user,
        methods=["DELETE"],
        tags=["behaviour"],
        responses=openapi.answer("Erased", openapi.ERASED_EXAMPLE, keyed=True),
        openapi_extra={"security": openapi.SECURITY},
    )
    return router


def _checked(name: str) -> UserId:
    try:
        return UserId(identifier(check_id("user_id", name)))
    except ValueError as error:
        raise bad_request(f"user_id {error}.", field="user_id", cure="Give an id as the events have it.") from None
