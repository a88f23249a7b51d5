"""Divide normalised text into runs of Chinese characters and words of letters and digits."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

CJK = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_PIECE = rf"[^\W_{CJK}]+"
_RUN = re.compile(rf"([{CJK}]+)|({_PIECE}(?:[-./+&'_·]{_PIECE})*)")
_POSSESSIVE = re.compile(r"'s?(?![^\W_])")
_PART = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_JOINT = re.compile(r"[-/+&'_·]|(?<!\d)\.|\.(?!\d)")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of letters and digits: `whole` without its joints, and `parts` where letters and digits meet.

    `pieces` lie between the joints. A plain word is its own only piece and part.
    """

    whole: str
    pieces: tuple[str, ...]
    parts: tuple[str, ...]


def runs(text: str) -> Iterator[str | Word]:
    """Yield Chinese runs as text, and everything else that is read as `Word`, in order.

    >>> list(runs("苹果 iphone15"))
    ['苹果', Word(whole='iphone15', pieces=('iphone15',), parts=('iphone', '15'))]
    >>> [w.whole for w in runs("women's wi-fi usb3.0 dv7-1211ea")]
    ['women', 'wifi', 'usb3.0', 'dv71211ea']
    """
    for match in _RUN.finditer(text):
        if match.group(1):
            yield match.group(1)
        else:
            yield word(match.group(2))


@functools.lru_cache(maxsize=200_000)
def word(text: str) -> Word:
    """Take one word apart.

    >>> word("dv7-1211ea")
    Word(whole='dv71211ea', pieces=('dv7', '1211ea'), parts=('dv', '7', '1211', 'ea'))
    """
    if text.isalpha() or text.isdecimal():
        return Word(text, (text,), (text,))
    pieces = tuple(filter(None, _JOINT.split(_POSSESSIVE.sub("", text))))
    parts = tuple(part for piece in pieces for part in _PART.findall(piece)) or pieces
    return Word("".join(pieces), pieces, parts)
