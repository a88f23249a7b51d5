"""`zhanggui serve`: the shop over HTTP."""

import gc
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Protocol, TypeVar

import typer

from zhanggui.app.allocator import calm
from zhanggui.app.api import create_app
from zhanggui.app.blas import on_one_thread
from zhanggui.app.build import api_settings, build_shop, shop_clock
from zhanggui.app.cli.screen import progress, say
from zhanggui.app.home_lock import held
from zhanggui.app.observing.logs import set_up
from zhanggui.app.observing.metrics import Metrics
from zhanggui.app.settings import Settings
from zhanggui.app.swapping import Follower, settle
from zhanggui.app.web import server
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

    `opened` is told the address once the shop can answer. Raises HeldError when another process has the home open,
    ConfigError when the address cannot be listened on: both before anything heavy is loaded.
    """
    with held(settings.home) as lock, closing(server.bound(host, port)) as listener, stopping(calm()), on_one_thread():
        url = server.address_of(listener)
        set_up(level=settings.text("log_level"), format=settings.text("log_format"))
        clock, metrics = shop_clock(settings), Metrics()
        with closing(_opened(settings, clock, metrics)) as shop:
            app = create_app(shop, settings=api_settings(settings), clock=clock, metrics=metrics)
            lock.tell(url)
            say(f"The shop is open: {url}   (Ctrl-C closes it)")
            if opened:
                opened(url)
            with stopping(Follower(settings, shop)) as follower, woken_by_hangup(follower):
                server.run(app, listener)


class Beside(Protocol):
    """Work of a thread of its own."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


B = TypeVar("B", bound=Beside)


@contextmanager
def stopping(thread: B) -> Iterator[B]:
    """Run a thread beside."""
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()


@contextmanager
def woken_by_hangup(follower: Follower) -> Iterator[None]:
    """Look for a new Release at once when SIGHUP comes; signals reach the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda number, frame: follower.wake())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def is_free(host: str, port: int) -> bool:
    """Tell whether the port can be listened on."""
    try:
        server.bound(host, port).close()
    except ConfigError:
        return False
    return True


def _opened(settings: Settings, clock: Clock, metrics: Metrics) -> Shop:
    """Open the shop, showing a bar while an index that is new or was lost is built."""
    with progress("index") as tick:
        shop = build_shop(settings, clock=clock, on_progress=tick, watch=metrics.page)
    settle()
    gc.set_threshold(50_000, 20, 50)
    return shop
