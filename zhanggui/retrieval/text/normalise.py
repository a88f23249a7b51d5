"""Fold away differences of writing that mean nothing to a shopper.

Every step looks at one character at a time, so that a piece of a title folds the same way alone as in its place:
the longest-match conversion of phrases that reads better to the eye would break that promise.
"""

import functools
import re
import unicodedata

import zhconv_rs

_SILENT = dict.fromkeys(map(ord, "™®©℠\u00ad\u200b\u200c\u200d\u2060\ufeff"), " ")
_HAN = (range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x32000))
_LATIN = (range(0xC0, 0x250), range(0x1E00, 0x1F00))
_MARKS = range(0x300, 0x370)
_SPACE = re.compile(r"\s+")
_PLAIN = re.compile(r"[ -~]*").fullmatch


def normalise(text: str) -> str:
    """Return text in NFKC, case-folded, in simplified characters, without accents, single-spaced. Idempotent.

    >>> normalise("ＩＰｈｏｎｅ１５ 充電器")
    'iphone15 充电器'
    >>> normalise("Nestlé® Café")
    'nestle cafe'
    """
    if not _PLAIN(text):
        text = _fold(text)
    return _SPACE.sub(" ", text.lower()).strip()


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.translate(_SILENT)).casefold()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    return unicodedata.normalize("NFKC", folded.translate(_table()))


@functools.cache
def _table() -> dict[int, str | None]:
    """Return the folding of single characters: traditional to simplified, accented to plain Latin letters."""
    return {mark: None for mark in _MARKS} | _plain_latin() | _simplified()


def _plain_latin() -> dict[int, str]:
    codes = (code for block in _LATIN for code in block)
    bases = ((code, unicodedata.normalize("NFD", chr(code))[0]) for code in codes)
    return {code: base for code, base in bases if base.isascii() and ord(base) != code}


def _simplified() -> dict[int, str]:
    """Return where each Chinese character ends up when it is converted until nothing changes."""
    characters = [chr(code) for block in _HAN for code in block]
    once = _convert(characters)
    twice = _convert(once)
    pairs = zip(characters, twice, strict=True)
    return {ord(before): after for before, after in pairs if before != after and len(after) == 1}


def _convert(characters: list[str]) -> list[str]:
    converted = zhconv_rs.zhconv("\n".join(characters), "zh-Hans").split("\n")
    return [new if len(new) == 1 else old for old, new in zip(characters, converted, strict=True)]
