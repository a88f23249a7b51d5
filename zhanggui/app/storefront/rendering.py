"""Templates, with everything escaped, and the headers that keep a page from doing anything else."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

HERE = Path(__file__).parent
STATIC = HERE / "static"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' https: http:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # Not stored, so that "back" shows a page that knows what was just done.
    "Cache-Control": "no-store",
}


class Renderer:
    """Fill templates. Every value is escaped; a name that a template uses and nobody gave is an error."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["static"] = static_address
        self._templates.filters["pretty"] = _pretty

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Return a filled template as an answer."""
        return HTMLResponse(self._templates.get_template(template).render(values), status, headers=HEADERS)


def _pretty(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


@cache
def static_address(name: str) -> str:
    """Return the address of a file of ours; its content is part of it, so browsers may keep it."""
    return f"/static/{name}?v={blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()}"
