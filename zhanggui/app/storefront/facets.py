"""Facets as links: each value leads to the results with it, or without it where it is set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zhanggui.app.storefront.place import Place
from zhanggui.app.storefront.words import Say
from zhanggui.core.candidate import Facet

SEPARATOR = " > "
SHOWN, AT_MOST = 8, 40


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet."""

    label: str
    count: int | None
    url: str
    active: bool
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """One facet: the first values, and the rest behind "more"."""

    title: str
    first: tuple[Choice, ...]
    rest: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter and the address without it."""

    label: str
    url: str


def groups(facets: Sequence[Facet], place: Place, say: Say) -> list[Group]:
    """Return the facets to show, category first, those without a choice left out."""
    found = {facet.name: facet for facet in facets}
    shown = []
    if "category" in found or place.values("category"):
        shown.append(Group(say("category"), tuple(_tree(found.get("category"), place))))
    if "brand" in found:
        shown.append(_flat(say("brand"), "brand", found["brand"], place))
    for name, facet in found.items():
        if name.startswith("attributes."):
            attribute = name.removeprefix("attributes.")
            shown.append(_flat(attribute, f"attr.{attribute}", facet, place))
    return [group for group in shown if group.first]


def chips(place: Place, say: Say) -> list[Chip]:
    """Return the active filters."""
    return [
        Chip(_chip_label(name, value, say), place.toggled(name, value).url)
        for name, value in place.pairs
        if is_filter(name)
    ]


def is_filter(name: str) -> bool:
    """Tell whether a part of the address narrows the results."""
    return name in ("category", "brand", "price_min", "price_max", "in_stock") or name.startswith("attr.")


def _chip_label(name: str, value: str, say: Say) -> str:
    if name == "in_stock":
        return say("in_stock")
    if name.startswith("price"):
        return f"{'≥' if name == 'price_min' else '≤'} {value}"
    if name.startswith("attr."):
        return f"{name.removeprefix('attr.')}: {value}"
    return value.replace(SEPARATOR, " › ")


def _flat(title: str, name: str, facet: Facet, place: Place) -> Group:
    choices = [
        Choice(value, count, place.toggled(name, value).url, place.has(name, value))
        for value, count in facet.values[:AT_MOST]
    ]
    choices.sort(key=lambda choice: not choice.active)
    return Group(title, tuple(choices[:SHOWN]), tuple(choices[SHOWN:]))


def _tree(facet: Facet | None, place: Place) -> Iterable[Choice]:
    """Yield roots and, along the chosen path, the children, depth first; choosing one replaces the other."""
    counts = {tuple(value.split(SEPARATOR)): count for value, count in facet.values} if facet else {}
    chosen = [tuple(value.split(SEPARATOR)) for value in place.values("category")]
    opened = {path[:end] for path in chosen for end in range(len(path) + 1)} | {()}
    known = list(dict.fromkeys([*counts, *sorted(opened - {()})]))
    roots = [path for path in known if len(path) == 1]
    if len(roots) == 1:
        opened.add(roots[0])
    yield from _branch((), known, counts, opened, place)


def _branch(
    parent: tuple[str, ...],
    known: Sequence[tuple[str, ...]],
    counts: dict[tuple[str, ...], int],
    opened: set[tuple[str, ...]],
    place: Place,
) -> Iterable[Choice]:
    children = [path for path in known if path[:-1] == parent and path]
    for path in children[:AT_MOST]:
        value = SEPARATOR.join(path)
        active = place.has("category", value)
        target = place.without("category") if active else place.only("category", value)
        yield Choice(path[-1], counts.get(path), target.url, active, len(path) - 1)
        if path in opened:
            yield from _branch(path, known, counts, opened, place)
