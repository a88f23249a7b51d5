"""What the HTTP side must know beside the shop itself."""

from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Settings of the API and the storefront.

    `write_key` empty refuses every write through the API. `report` is the file that the page /report shows.
    `choose_users` lets a visitor look at the shop with another shopper's eyes: for demonstrations; without it the
    storefront believes only the unguessable ids that it gave out itself.
    """

    write_key: str = ""
    title: str = "掌柜"
    language: str = "zh"
    report: Path | None = None
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
    max_body_bytes: int = 32 * MIB
    max_records: int = 50_000
    max_k: int = 200
    max_offset: int = 10_000
