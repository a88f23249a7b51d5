"""The one table of settings: environment, command line and manual all read it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zhanggui.app.observing.logs import FORMATS, LEVELS
from zhanggui.core.errors import ConfigError

Value = int | float | str


@dataclass(frozen=True, slots=True)
class Setting:
    """A name, a default (which fixes the type), a sentence of help, what is allowed of words, the least of numbers."""

    name: str
    default: Value
    help: str
    allowed: tuple[str, ...] = ()
    least: int = 0

    @property
    def variable(self) -> str:
        """Return the name of the environment variable."""
        return f"ZHANGGUI_{self.name.upper()}"


AUTO = "auto"
"""The encoder of the Release that serves; where it has none, multilingual-e5-small."""

SETTINGS = (
    Setting("home", ".zhanggui", "The folder where the shop lives"),
    Setting("store", "", "URL of the Store; empty means SQLite in the home (sqlite:///HOME/shop.db)"),
    Setting("cache", "", "Folder for what is made once per machine (encoder graphs); empty means ~/.cache/zhanggui"),
    Setting("host", "127.0.0.1", "Address to listen on"),
    Setting("port", 8000, "Port to listen on"),
    Setting(
        "write_key", "", "Key that whoever writes over HTTP must show; empty refuses all writes but the storefront's"
    ),
    Setting("title", "掌柜", "The shop's name on the storefront"),
    Setting("language", "zh", "Language of a visitor who states none", ("zh", "en")),
    Setting(
        "encoder", AUTO, "Text encoder: a name, a folder with model.onnx, none; auto is the Release's or the built-in"
    ),
    Setting(
        "encoder_threads", 1, "Threads of one call of the encoder; 1 leaves the other cores to other calls", least=1
    ),
    Setting(
        "rerank_ms",
        40,
        "Milliseconds that a search may wait for the cross-encoder; it is skipped where it takes longer",
    ),
    Setting("rerank_threads", 2, "Threads of one run of the cross-encoder: a page waits for it", least=1),
    Setting(
        "dense_candidates",
        200,
        "How many items nearest in meaning may join the words' matches of one query (64 where words find 20)",
    ),
    Setting("clock_start", "", "Start the shop's clock at this moment (ISO 8601), for demonstrations and replays"),
    Setting("shopper_choice", "off", "Let visitors see with any shopper's eyes: demonstrations only", ("off", "on")),
    Setting("retention_days", 0, "Events and rankings older than so many days are forgotten, daily; 0 keeps all"),
    Setting("max_body_mb", 32, "Largest body of one HTTP request, in MiB, as sent and unpacked", least=1),
    Setting(
        "max_requests", 128, "How many HTTP requests may be under way; more are refused with 503 overloaded", least=1
    ),
    Setting("max_writes", 96, "How many of them may be writes", least=1),
    Setting("pages_at_once", 3, "How many pages are made at the same time; the others wait their turn", least=1),
    Setting("request_seconds", 30, "Seconds until an answer must begin, else 504 timeout", least=1),
    Setting("body_seconds", 30, "Seconds until the whole body must be here, else 408 body_too_slow", least=1),
    Setting(
        "metrics",
        "local",
        "Who may read /metrics: callers on this machine, the key, anyone, nobody",
        ("local", "key", "on", "off"),
    ),
    Setting("log_level", "info", "Least important line that is logged", LEVELS),
    Setting("log_format", "auto", "Form of the log on standard error: auto is text on a terminal, else JSON", FORMATS),
)

DEVELOPMENT = ("ZHANGGUI_DEV_DATA", "ZHANGGUI_SHOTS", "ZHANGGUI_CHROMIUM")
"""Variables of the test suite, not of the product; they may be set beside the settings."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force."""

    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        return str(self.values[name])

    def number(self, name: str) -> int:
        return int(self.values[name])

    @property
    def home(self) -> Path:
        """Return the shop's folder."""
        return Path(self.text("home")).expanduser()

    @property
    def cache(self) -> Path:
        """Return the folder for what is made once per machine."""
        return Path(self.text("cache") or "~/.cache/zhanggui").expanduser()


def load(environ: Mapping[str, str] = os.environ, **given: Value | None) -> Settings:
    """Read ZHANGGUI_* variables over the defaults, then `given` (from the command line; None means not given).

    >>> load({"ZHANGGUI_PORT": "many"})
    Traceback (most recent call last):
    zhanggui.core.errors.ConfigError: ZHANGGUI_PORT must be an int. Got 'many'.
    >>> load({}, port=8080).number("port")
    8080
    """
    _refuse_unknown(environ, given)
    values: dict[str, Value] = {}
    for setting in SETTINGS:
        value = given.get(setting.name)
        values[setting.name] = _parse(setting, environ.get(setting.variable)) if value is None else value
        _refuse_forbidden(setting, values[setting.name])
    return Settings(values)


def _refuse_unknown(environ: Mapping[str, str], given: Mapping[str, object]) -> None:
    known = {s.variable for s in SETTINGS} | set(DEVELOPMENT)
    unknown = sorted(key for key in environ if key.startswith("ZHANGGUI_") and key not in known)
    unknown += sorted(set(given) - {s.name for s in SETTINGS})
    if unknown:
        names = ", ".join(s.variable for s in SETTINGS)
        raise ConfigError(f"Unknown settings: {', '.join(unknown)}. Known: {names}. Cure: unset or rename them.")


def _parse(setting: Setting, raw: str | None) -> Value:
    if not raw:
        return setting.default
    kind = type(setting.default)
    try:
        return kind(raw)
    except ValueError:
        article = "an" if kind is int else "a"
        raise ConfigError(f"{setting.variable} must be {article} {kind.__name__}. Got {raw!r}.") from None


def _refuse_forbidden(setting: Setting, value: Value) -> None:
    if setting.allowed and value not in setting.allowed:
        raise ConfigError(f"{setting.variable} must be one of {', '.join(setting.allowed)}. Got {value!r}.")
    if isinstance(value, int | float) and value < setting.least:
        raise ConfigError(f"{setting.variable} must be at least {setting.least}. Got {value}.")
