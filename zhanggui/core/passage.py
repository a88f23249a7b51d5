"""The text that stands for a product when its meaning is encoded; serving and training use this one function."""

import hashlib

from zhanggui.core.product import Product

DESCRIPTION = 160
"""Characters of the description that are encoded: what stands first says most, and long texts cost time."""


def passage(product: Product) -> str:
    """Return the title and the start of the description, or failing these what else tells what it is; "" for nothing.

    With the description, English product search ranks better than by titles alone (docs/decisions/0003).

    >>> from zhanggui.core.ids import ItemId
    >>> passage(Product(ItemId("1"), title="春茶", description="明前采摘", category=("food", "tea")))
    '春茶. 明前采摘'
    >>> passage(Product(ItemId("2"), category=("food", "tea")))
    'food tea'
    """
    told = ". ".join(part for part in (product.title, product.description[:DESCRIPTION].strip()) if part)
    return told or " ".join((product.brand, *product.category)).strip()


def content_hash(text: str) -> str:
    """Return the key of a text's vector: 128 bits of BLAKE2b, in hex."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
