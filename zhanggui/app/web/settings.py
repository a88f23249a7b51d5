"""What the HTTP side must know beside the shop itself."""

from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Settings of the API and the storefront.

    `write_key` empty refuses every write through the API. `report` is the file that the page /report shows, `home` the
    folder in which files that name an erased user are looked for.
    `choose_users` lets a visitor look at the shop with another shopper's eyes: for demonstrations; without it the
    storefront believes only the unguessable ids that it gave out itself.
    `metrics` says who may read /metrics: callers on this machine (`local`), who shows the write key (`key`), everyone
    (`on`), nobody (`off`).
    `max_requests` may be under way at once, and of them `max_writes` that write; `pages_at_once` of what reads are at
    work, the others wait their turn; `request_seconds` may pass until the
    answer begins, `body_seconds` until the whole body is here.
    """

    write_key: str = ""
    title: str = "掌柜"
    language: str = "zh"
    report: Path | None = None
    home: Path | None = None
    storefront: bool = True
    choose_users: bool = True
    example_queries: tuple[str, ...] = (
        "冰淇淋",
        "ice cream",
        "狗粮",
        "coffee",
        "dog food",
        "洗衣液",
        "chocolate",
    )
    metrics: str = "local"
    max_body_bytes: int = 32 * MIB
    max_requests: int = 128
    max_writes: int = 96
    pages_at_once: int = 3
    request_seconds: float = 30
    body_seconds: float = 30
    max_records: int = 50_000
    max_k: int = 200
    max_offset: int = 10_000
