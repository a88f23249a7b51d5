"""`zhanggui serve`: the shop over HTTP."""

import socket
from contextlib import closing

import typer
import uvicorn

from zhanggui.app.api import create_app
from zhanggui.app.build import api_settings, build_shop, shop_clock
from zhanggui.app.cli.screen import progress, say
from zhanggui.app.settings import Settings
from zhanggui.core.clock import Clock
from zhanggui.core.errors import ConfigError
from zhanggui.engine.shop import Shop


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command()(serve)


def serve(context: typer.Context, host: str | None = None, port: int | None = None) -> None:
    """Open the shop: storefront at /, HTTP API at /v1, its description at /openapi.json."""
    settings: Settings = context.obj
    run(settings, host=host or settings.text("host"), port=settings.number("port") if port is None else port)


def run(settings: Settings, *, host: str, port: int) -> None:
    """Serve until told to stop; requests under way are finished, and what was logged is written."""
    require_free(host, port)
    clock = shop_clock(settings)
    with closing(_opened(settings, clock)) as shop:
        app = create_app(shop, settings=api_settings(settings), clock=clock)
        config = uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=10)
        say(f"The shop is open: http://{host}:{port}   (Ctrl-C closes it)")
        uvicorn.Server(config).run()


def require_free(host: str, port: int) -> None:
    """Raise when the port is taken, before anything heavy is loaded."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            cure = f"zhanggui serve --port {free_port(host)}"
            raise ConfigError(f"Cannot listen on {host}:{port}: {error.strerror}. Cure: {cure}") from None


def free_port(host: str) -> int:
    """Return a port that is free now."""
    with closing(socket.socket()) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _opened(settings: Settings, clock: Clock) -> Shop:
    """Open the shop, showing a bar while an index that is new or was lost is built."""
    with progress("index") as tick:
        return build_shop(settings, clock=clock, on_progress=tick)
