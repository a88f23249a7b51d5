"""`zhanggui serve`: the shop over HTTP."""

import gc
import socket
from collections.abc import Callable
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


def run(settings: Settings, *, host: str, port: int, opened: Callable[[str], None] | None = None) -> None:
    """Serve until told to stop; requests under way are finished, and what was logged is written.

    `opened` is told the address once the shop can answer.
    """
    if not is_free(host, port):
        cure = f"zhanggui serve --port {free_port(host)}"
        raise ConfigError(f"Cannot listen on {host}:{port}: it is in use or not ours. Cure: {cure}")
    clock = shop_clock(settings)
    with closing(_opened(settings, clock)) as shop:
        app = create_app(shop, settings=api_settings(settings), clock=clock)
        config = uvicorn.Config(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=10)
        say(f"The shop is open: http://{host}:{port}   (Ctrl-C closes it)")
        if opened:
            opened(f"http://{host}:{port}")
        uvicorn.Server(config).run()


def is_free(host: str, port: int) -> bool:
    """Tell whether the port can be listened on, before anything heavy is loaded."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int:
    """Return a port that is free now."""
    with closing(socket.socket()) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _opened(settings: Settings, clock: Clock) -> Shop:
    """Open the shop, showing a bar while an index that is new or was lost is built."""
    with progress("index") as tick:
        shop = build_shop(settings, clock=clock, on_progress=tick)
    # What was built stays; a collector that walks it again and again would stop every thread for a tenth of a second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return shop
