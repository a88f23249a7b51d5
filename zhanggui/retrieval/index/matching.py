"""Which products match the words of a query, in steps from strict to kind.

A product matches when it has every word asked for. When fewer than ENOUGH products do, those with more than half of
the words match as well. When none has, those with one word that is rare enough to speak for itself match (at most one
product in RARE has it): "white 冰淇淋" in a shop without 冰淇淋 is not a wish for all that is white. Only where
there is no query vector to find the meaning, a last step takes any word at all.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from zhanggui.retrieval.text.query import Query, Unit

ENOUGH = 20
RARE = 200


@dataclass(frozen=True, slots=True)
class Step:
    """A product matches when it has at least `needed` of `units`."""

    units: tuple[Unit, ...]
    needed: int


def choose(
    query: Query, count: Callable[[Step], int], holders: Callable[[Unit], int], *, products: int, meaning: bool
) -> Step:
    """Return the step to match by. `count` counts the matches of a step, `holders` the products that have a unit."""
    units = query.units
    strict = Step(units, len(units))
    if len(units) < 2 or count(strict) >= ENOUGH:
        return strict
    half = Step(units, len(units) // 2 + 1)
    if half.needed < len(units) and count(half):
        return half
    if count(strict):
        return strict
    return _kind(units, holders, products=products, meaning=meaning) or strict


def _kind(units: Sequence[Unit], holders: Callable[[Unit], int], *, products: int, meaning: bool) -> Step | None:
    rare = tuple(unit for unit in units if 0 < holders(unit) <= max(ENOUGH, products // RARE))
    if rare:
        return Step(rare, 1)
    return None if meaning else Step(tuple(units), 1)


def tokens_of(unit: Unit) -> Iterator[str]:
    """Yield the tokens of the field `all` that a unit's terms stand for: pairs of Chinese characters wear a mark."""
    for term in unit.terms:
        yield f"_{term}" if len(term) == 2 and term > "\u3000" else term
