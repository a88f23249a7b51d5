"""The web application: API, reference, storefront."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from zhanggui import __version__
from zhanggui.app.api import openapi
from zhanggui.app.api.erasing import erasing_router
from zhanggui.app.api.operating import operating_router
from zhanggui.app.api.reading import reading_router
from zhanggui.app.api.reference import reference_router
from zhanggui.app.api.writing import writing_router
from zhanggui.app.observing.metrics import Metrics
from zhanggui.app.storefront.pages import add_storefront
from zhanggui.app.storefront.rendering import STATIC
from zhanggui.app.web import errors
from zhanggui.app.web.gate import Gate
from zhanggui.app.web.head import Head
from zhanggui.app.web.settings import ApiSettings
from zhanggui.app.web.trace import Trace
from zhanggui.core.clock import Clock, SystemClock
from zhanggui.engine.shop import Shop


def create_app(
    shop: Shop, *, settings: ApiSettings | None = None, clock: Clock | None = None, metrics: Metrics | None = None
) -> FastAPI:
    """Return the application that serves a shop. The caller owns the shop and closes it.

    `clock` stamps what shoppers do on the storefront; give it the one that the shop runs on. `metrics` are those that
    the shop's pipeline tells of its pages.
    """
    settings, metrics = settings or ApiSettings(), metrics or Metrics()
    metrics.watch(shop)
    # The framework's reference pages load scripts from other hosts; ours is made here.
    app = FastAPI(
        title=f"{settings.title} Zhanggui",
        version=__version__,
        description=openapi.DESCRIPTION,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.metrics = metrics
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(Trace, metrics=metrics)
    app.add_middleware(Head)
    errors.install(app)
    app.include_router(writing_router(shop, settings))
    app.include_router(erasing_router(shop, settings))
    app.include_router(reading_router(shop, settings))
    app.include_router(operating_router(shop, settings, metrics))
    app.include_router(reference_router(app))
    openapi.install(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    if settings.storefront:
        add_storefront(app, shop, settings, clock or SystemClock())
    return app
