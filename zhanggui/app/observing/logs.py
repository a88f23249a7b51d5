"""Structured logs: one JSON object a line for machines, one readable line for a terminal; the request's id in each."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The request on whose behalf a line is written; threads that work for it inherit it."""

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("auto", "json", "text")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


def set_up(*, level: str, format: str, stream: TextIO | None = None) -> None:
    """Send every line of this process to a stream (standard error); `auto` writes text to a terminal, else JSON."""
    stream = stream or sys.stderr
    text = format == "text" or (format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines() if text else JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # at each opening it tells which database it talks to


class JsonLines(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, `request_id`, what the line carries, `error`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_request(),
            **carried(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class TextLines(logging.Formatter):
    """One line for people; a traceback follows it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        parts = " ".join(f"{name}={value}" for name, value in {**carried(record), **_request()}.items())
        line = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()} {parts}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def carried(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a line carries beside its words (`extra`)."""
    return {name: value for name, value in vars(record).items() if name not in _OWN}


def _request() -> dict[str, str]:
    name = REQUEST_ID.get()
    return {"request_id": name} if name else {}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
