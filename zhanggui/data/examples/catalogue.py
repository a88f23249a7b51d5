"""What a catalogue teaches without any shopper: a part of what is said of an item, and the item.

Each part stands for something that shoppers type: a few telling words, a piece of the title, brand and properties, or
the title in the other language. The idea is the inverse cloze task (Lee et al., ACL 2019, section 4), with the words
drawn by how much they tell (their inverse document frequency).
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from zhanggui.core.passage import passage
from zhanggui.core.product import Product
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.words import folded, words_of, written

EACH = 2
FEWEST, MOST = 2, 4
"""Words of a query made of single words; real ones have two or three."""

_NAMED = 0.3
"""How often a property is written with its name ("colour red")."""

Rarity = Mapping[str, float]
_View = Callable[[Product, random.Random, Rarity], str]


def catalogue_pairs(products: Sequence[Product], *, seed: int, each: int = EACH) -> list[Pair]:
    """Return up to `each` pairs an item, of different kinds of part, in the order of the catalogue.

    The same seed makes the same pairs of an item, wherever in the catalogue it stands. A part that says all that the
    passage says is left out: nothing is to be learnt from it.
    """
    rarity = _rarity(products)
    return [pair for product in products for pair in _of(product, rarity, seed, each)]


def _of(product: Product, rarity: Rarity, seed: int, each: int) -> list[Pair]:
    text = passage(product)
    dice = random.Random(f"{seed} {product.item_id}")
    views = [_telling, _cropped, _properties, _translated]
    dice.shuffle(views)
    parts = {folded(part): part for view in views if (part := view(product, dice, rarity))}
    parts.pop(folded(text), None)
    parts.pop("", None)
    return [Pair(part, text, product.item_id, PairKind.TITLE) for part in list(parts.values())[:each] if text]


def _rarity(products: Sequence[Product]) -> Rarity:
    """Return the inverse document frequency of every word of the titles; above 0."""
    counts = Counter(word for product in products for word in set(_words(product)))
    return {word: math.log1p(len(products) / count) for word, count in counts.items()}


def _words(product: Product) -> list[str]:
    return words_of(product.title)


def _telling(product: Product, dice: random.Random, rarity: Rarity) -> str:
    """Return two to four different words of the title, rare ones rather than common ones, mixed as it happens."""
    words = sorted(set(_words(product)))
    wanted = dice.randint(FEWEST, MOST)
    keys = {word: dice.random() ** (1 / (rarity.get(word, 1.0) * min(len(word), 2))) for word in words}
    return written(sorted(words, key=lambda word: -keys[word])[:wanted]) if len(words) > FEWEST else ""


def _cropped(product: Product, dice: random.Random, rarity: Rarity) -> str:
    """Return a third to two thirds of the title, from one piece."""
    words = _words(product)
    if len(words) <= FEWEST:
        return ""
    size = max(FEWEST, round(len(words) * dice.uniform(1 / 3, 2 / 3)))
    first = dice.randint(0, len(words) - size)
    return written(words[first : first + size])


def _properties(product: Product, dice: random.Random, rarity: Rarity) -> str:
    """Return some of brand, category and up to three properties, mixed; at least two where there are two."""
    values = [(name, value) for name, told in sorted(product.attributes.items()) for value in told if value.strip()]
    chosen = dice.sample(values, min(len(values), dice.randint(1, 3)))
    parts = [f"{name} {value}" if dice.random() < _NAMED else value for name, value in chosen]
    parts += [part for part in (product.brand, *product.category[-1:]) if part and dice.random() < 0.7]
    if not parts:
        parts = [part for part in (product.brand, *product.category[-1:]) if part]
    dice.shuffle(parts)
    return " ".join(dict.fromkeys(part.strip() for part in parts))


def _translated(product: Product, dice: random.Random, rarity: Rarity) -> str:
    """Return the title in another language, where there is one."""
    titles = [t.title for _, t in sorted(product.translations.items()) if t.title and t.title != product.title]
    return dice.choice(titles) if titles else ""
