"""Readable titles from the shorthand of a grocery's product table.

Nothing in a title belongs to one item alone: items of equal type, category, size and brand share a title, so that its
meaning is computed once.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from zhanggui.data.importing.shelf_words import EMPTY, PHRASES, QUALIFIERS, WORDS

WIDTH = 30
"""The table cuts its texts at this length, in the middle of a word."""

_WORD = re.compile(r"[A-Z0-9][A-Z0-9'.%]*")
_NOTE = re.compile(r"\s*\([^)]*(\)|$)")
_CODE = re.compile(r"(\d+[/&])*\d+PK(&\d+PK)*|( +(EX|INCL|NOT|N|O|ET|B|T|S|W|ALL))+ *$|/[A-Z]?$")
_PHRASE = re.compile("|".join(rf"(?<![A-Z]){re.escape(p)}(?![A-Z])" for p in sorted(PHRASES, key=len, reverse=True)))


class Mender:
    """Mends words that were cut off, from the words that stand whole elsewhere in the same column."""

    def __init__(self, texts: Iterable[str]) -> None:
        whole = (word for text in texts for word in _WORD.findall(text if len(text) < WIDTH else text[:-12]))
        self._counts = Counter(whole)

    def mend(self, text: str) -> str:
        """Return a text without its notes in brackets, its last word completed, or left out when nobody can tell.

        >>> mender = Mender(["MINERAL WATER", "BREAD"])
        >>> mender.mend("NON-CRBNTD DRNKING/MNERAL WATE"), mender.mend("MAINSTREAM WHEAT/MULTIGRAIN BR")
        ('NON-CRBNTD DRNKING/MNERAL WATER', 'MAINSTREAM WHEAT/MULTIGRAIN')
        """
        if len(text) == WIDTH and "(" not in text:
            head, last = text[: -len(_last(text))], _last(text)
            text = head + (last if last in self._counts else self._completed(last))
        return _NOTE.sub("", text).strip(" /&-:,.")

    def _completed(self, start: str) -> str:
        if len(start) < 4:
            return ""
        fitting = [word for word in self._counts if word.startswith(start)]
        return max(fitting, key=lambda word: (self._counts[word], word), default="")


def title_of(kind: str, category: str, department: str, size: str, *, store_brand: bool) -> str:
    """Return a title of the (mended) type and category; the department stands in when both are empty.

    >>> title_of("TRADITIONAL", "ICE CREAM/MILK/SHERBTS", "GROCERY", "56 OZ", store_brand=False)
    'Traditional ice cream, 56 oz'
    >>> title_of("SFT DRNK 2 LITER BTL CARB INCL", "SOFT DRINKS", "GROCERY", "2 L", store_brand=True)
    'Soft drink 2 liter bottle carbonated, 2 L, store brand'
    >>> title_of("BANANAS", "TROPICAL FRUIT", "PRODUCE", "40 LB", store_brand=False)
    'Bananas, tropical fruit, 40 lb'
    """
    parts = [_thing(kind, category) or spelled(department), _size(size), "store brand" if store_brand else ""]
    title = ", ".join(part for part in parts if part)
    return title[:1].upper() + title[1:]


@lru_cache(maxsize=10_000)
def spelled(text: str) -> str:
    """Spell out shorthand in small letters.

    >>> spelled("FRZN VEGETABLE/VEG DSH"), spelled("COOKIES: REGULAR"), spelled("BREAD:ITALIAN/FRENCH")
    ('frozen vegetable/vegetable dishes', 'regular cookies', 'Italian/French bread')
    """
    text = re.sub(r"^([A-Z &.]+):\s*(.+)$", r"\2 \1", text)
    text = _PHRASE.sub(lambda found: f"<{PHRASES[found.group()]}>", text)
    pieces = re.split(r"(<[^>]*>)", text)
    words = (p[1:-1] if p.startswith("<") else _WORD.sub(_spelled_word, p) for p in pieces)
    text = re.sub(r"(?<=[a-zA-Z])&(?=[a-zA-Z])", " & ", "".join(words))
    return re.sub(r"\s*-\s+|\s+-\s*", ", ", re.sub(r"\s+", " ", text)).strip(" ,.-/&")


@lru_cache(maxsize=10_000)
def _thing(kind: str, category: str) -> str:
    kind, category = _CODE.sub("", kind).strip(), "" if set(_WORD.findall(category)) <= EMPTY else category
    words = set(_WORD.findall(kind))
    if not words:
        return spelled(category)
    if category and words <= QUALIFIERS:
        return f"{spelled(kind)} {_head(category)}"
    if not category or _stems(spelled(kind)) & _stems(spelled(category)):
        return spelled(kind)
    return f"{spelled(kind)}, {_head(category)}"


def _head(category: str) -> str:
    """Return the first of the things that a category joins: ICE CREAM of ICE CREAM/MILK/SHERBTS."""
    return spelled(re.split(r"/| - |\(", category)[0])


def _stems(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z]{3,}", text.lower())}


def _spelled_word(found: re.Match[str]) -> str:
    word = found.group()
    return WORDS.get(word.rstrip("."), word.lower()).replace("~", " ")


def _last(text: str) -> str:
    return re.split(r"[ /&:,-]", text)[-1]


def _size(size: str) -> str:
    return re.sub(r"\bl\b", "L", spelled(size)) if re.match(r"[\d.]*[1-9]", size) else ""
