"""Where a visitor stands in the search: the address as pairs, and the addresses one step away."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """An address of the search page. Every step but `at_page` goes back to its first page.

    >>> Place((("q", "tea"), ("page", "3"))).toggled("brand", "A & B").url
    '/search?q=tea&brand=A+%26+B'
    """

    pairs: tuple[Pair, ...]

    @property
    def url(self) -> str:
        """Return the address."""
        return "/search?" + urlencode(self.pairs) if self.pairs else "/search"

    def has(self, name: str, value: str) -> bool:
        """Tell whether a condition is set."""
        return (name, value) in self.pairs

    def values(self, name: str) -> list[str]:
        """Return all values of a name."""
        return [value for key, value in self.pairs if key == name]

    def toggled(self, name: str, value: str) -> "Place":
        """Set a condition, or lift it where it is set."""
        if self.has(name, value):
            return self._of(pair for pair in self.pairs if pair != (name, value))
        return self._of((*self.pairs, (name, value)))

    def only(self, name: str, value: str) -> "Place":
        """Set the one value of a name."""
        return self.without(name)._of((*self.without(name).pairs, (name, value)))

    def without(self, *names: str) -> "Place":
        """Leave out names."""
        return self._of(pair for pair in self.pairs if pair[0] not in names)

    def at_page(self, number: int) -> "Place":
        """Go to a page of the results, from 1."""
        rest = self.without("page")
        return rest if number == 1 else Place((*rest.pairs, ("page", str(number))))

    def _of(self, pairs: Iterable[Pair]) -> "Place":
        return Place(tuple(pair for pair in pairs if pair[0] != "page"))


def item_url(item: str, *, ranking: str = "", position: int | None = None) -> str:
    """Return the address of a product's page; `from` tells which page led there, so that what follows can be joined.

    >>> item_url("a/b", ranking="r1", position=2)
    '/item/a%2Fb?from=r1%3A2'
    """
    address = f"/item/{quote(item, safe='')}"
    return f"{address}?{urlencode({'from': f'{ranking}:{position}'})}" if ranking and position is not None else address
