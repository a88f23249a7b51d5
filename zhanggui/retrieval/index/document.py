"""What the text index holds of a product.

Three fields. `title` has each token of the titles once: shops stuff keywords, and saying "tea" thrice makes it no more
tea. `all` has every token of every text, as often as it stands there. `atoms` keeps the smallest units in order, text
by text, for phrases.

Tantivy fixes BM25 at k1 = 1.2, b = 0.75, which punishes long titles too hard. FILLER tokens that every product has
damp the length: with an average of L tokens, b acts as 0.75 · L / (L + FILLER). `benchmarks/search_quality.py` tells
what that is worth.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from zhanggui.core.product import Product
from zhanggui.retrieval.text.analyser import Analyser, Tokens

FILLER = 128
MARK = "¶"
"""The token of every product: it fills the fields, and finds all."""


@dataclass(frozen=True, slots=True)
class Document:
    """A product's tokens: `title` distinct, `everything` with repetitions, `atoms` one sequence a text."""

    title: tuple[str, ...]
    everything: tuple[str, ...]
    atoms: tuple[tuple[str, ...], ...]


def document(product: Product, analyser: Analyser) -> Document:
    """Analyse a product."""
    titles = [analyser.tokens(text) for text in _titles(product)]
    others = [analyser.tokens(text) for text in _others(product)]
    title = [token for tokens in titles for token in flat(tokens)]
    other = [token for tokens in others for token in flat(tokens)]
    atoms = tuple(tokens.atoms for tokens in (*titles, *others) if tokens.atoms)
    return Document(tuple(dict.fromkeys(title)), (*title, *other), atoms)


def flat(tokens: Tokens) -> list[str]:
    """Return words, pairs and single Chinese characters as tokens of one field; a mark keeps pairs and words apart.

    >>> flat(Analyser().tokens("绿茶 tea"))
    ['绿茶', 'tea', '_绿茶', '绿', '茶']
    """
    return [*tokens.words, *("_" + gram for gram in tokens.grams), *filter(_single, tokens.atoms)]


def _single(atom: str) -> bool:
    return len(atom) == 1 and atom > "\u3000"


def _titles(product: Product) -> Iterator[str]:
    yield product.title
    for language in sorted(product.translations):
        yield product.translations[language].title


def _others(product: Product) -> Iterator[str]:
    yield product.brand
    yield from product.category
    for name in sorted(product.attributes):
        yield from product.attributes[name]
    yield product.description
    for language in sorted(product.translations):
        yield product.translations[language].description
