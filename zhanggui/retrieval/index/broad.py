"""Which words very many products have, as a sample of the catalogue tells."""

from collections import Counter
from collections.abc import Iterable, Iterator

from zhanggui.core.product import Product
from zhanggui.retrieval.index.asking import BROAD
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.query import Unit, parse

SAMPLE = 2000
_LIKELY = 0.5
"""A sample may show a word more rarely than it is: one that is seen half as often as a broad one is asked for, too."""


def broad_units(sample: Iterable[Product], analyser: Analyser, *, products: int) -> list[Unit]:
    """Return what more than BROAD of so many products may have, the most frequent first.

    >>> tea = [Product(f"p{n}", title="green tea") for n in range(3)]
    >>> [unit.terms for unit in broad_units(tea, Analyser(), products=5000)]
    [('green',), ('tea',)]
    >>> broad_units(tea, Analyser(), products=1000)
    []
    """
    seen: Counter[Unit] = Counter()
    sample = list(sample)
    for product in sample:
        seen.update({unit for text in _texts(product) for unit in parse(text, analyser).units})
    least = max(2.0, _LIKELY * BROAD * len(sample) / max(products, 1))
    often = [(-count, unit.terms, unit) for unit, count in seen.items() if count >= least]
    return [unit for _, _, unit in sorted(often)] if products > BROAD else []


def _texts(product: Product) -> Iterator[str]:
    yield from (product.title, product.brand, *product.category)
    for name, values in product.attributes.items():
        yield from (name, *values)
