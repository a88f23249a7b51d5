"""Where a Store lives: a path of SQLite, or the URL of a database."""

import importlib
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from zhanggui.core.errors import ConfigError, StoreError

_CURE = "Set ZHANGGUI_STORE to a path, sqlite:///PATH, or postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_SECRET = ("password", "sslpassword", "passfile")


def url_of(place: str | Path) -> URL:
    """Return the URL of a Store; the folder of a file is made. Raises ConfigError or StoreError with the cure."""
    if isinstance(place, str) and "://" in place:
        url = _parsed(place)
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            _make_folder(Path(str(url.database)))
        return url
    path = Path(place).expanduser().resolve()
    _make_folder(path)
    return URL.create("sqlite", database=str(path))


def shown(url: URL) -> str:
    """Return the URL without any password, not even one given as an option.

    >>> shown(url_of("postgresql://me:secret@db/shop?password=secret&sslmode=require"))
    'postgresql://me:***@db/shop?sslmode=require'
    """
    plain = url.set(drivername=url.get_backend_name()).difference_update_query(_SECRET)
    return plain.render_as_string(hide_password=True)


def _parsed(place: str) -> URL:
    kind = place.partition("://")[0]  # all that is ever shown: the rest may hold a password
    try:
        url = make_url(place)
    except (ArgumentError, ValueError):
        raise ConfigError(f"The URL of the Store, {kind}://…, cannot be read. {_CURE}") from None
    driver = _DRIVERS.get(url.drivername.partition("+")[0])
    if driver is None or url.drivername not in (driver, driver.partition("+")[0], "postgres"):
        raise ConfigError(f"No Store can be at {kind}://… . {_CURE}")
    if driver != "sqlite":
        _need("psycopg")
    return url.set(drivername=driver)


def _need(module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError:
        raise ConfigError(
            f"The Store is on PostgreSQL, and {module} is not installed. Run: pip install 'zhanggui[postgres]'"
        ) from None


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder {path.parent} cannot be made: {error.strerror}. Set another --home.") from error
