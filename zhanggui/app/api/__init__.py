"""The HTTP API: `create_app(shop, settings=…)` returns the application."""

from zhanggui.app.api.app import create_app
from zhanggui.app.web.settings import ApiSettings

__all__ = ["ApiSettings", "create_app"]
