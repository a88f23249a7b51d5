"""The text that stands for a product when its meaning is encoded; serving and training use this one function."""

import hashlib

from zhanggui.core.product import Product


def passage(product: Product) -> str:
    """Return the title, or failing that what else tells what it is; empty when nothing does.

    >>> from zhanggui.core.ids import ItemId
    >>> passage(Product(ItemId("1"), title="春茶", category=("food", "tea")))
    '春茶'
    """
    return product.title or product.description or " ".join((product.brand, *product.category)).strip()


def content_hash(text: str) -> str:
    """Return the key of a text's vector: 128 bits of BLAKE2b, in hex."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
