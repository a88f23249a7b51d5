"""The page /docs: the reference of the API, made from its own description, without a script or another host."""

from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse

from zhanggui.app.storefront.rendering import Renderer


def reference_router(app: FastAPI) -> APIRouter:
    """Return the route of the reference page."""
    renderer, router = Renderer(), APIRouter(include_in_schema=False)

    @router.get("/docs")
    def reference() -> HTMLResponse:
        document = app.openapi()
        return renderer.page("reference.html", document=document, operations=_operations(document))

    return router


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"path": path, "method": method.upper(), **operation}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
