"""Texts cut into words and put together again, and two texts compared by what they say."""

import re
import unicodedata
from collections.abc import Sequence

import rjieba
import zhconv_rs

_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W\u3400-\u9fff\uf900-\ufaff]+(?:[-.'’/&+][^\W\u3400-\u9fff]+)*")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def words_of(text: str) -> list[str]:
    """Return the words in order, without marks: Chinese by dictionary, the rest at blanks.

    >>> words_of("USB-C 快充数据线，2米")
    ['USB-C', '快充', '数据线', '2', '米']
    """
    return [
        word
        for run in _RUN.findall(text)
        for word in (rjieba.cut(run) if _HAN.match(run) else (run,))
        if not word.isspace()
    ]


def written(words: Sequence[str]) -> str:
    """Return words as people type them: a blank only where no Chinese takes part.

    >>> written(["18K", "白金", "戒指", "size", "L"])
    '18K白金戒指size L'
    """
    text = ""
    for word in words:
        apart = bool(text) and not _HAN.match(text[-1]) and not _HAN.match(word)
        text += f" {word}" if apart else word
    return text


def folded(text: str) -> str:
    """Return what remains of a text when width, case, marks, blanks and traditional characters are folded away.

    Stricter than the folding of search (it may not be imported here): texts that search takes for one fold to one.

    >>> folded("Ｌ．Ｌ．Bean 充電器!") == folded("l.l.bean充电器")
    True
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    letters = "".join(sign for sign in plain if sign.isalnum())
    return zhconv_rs.zhconv(letters, "zh-Hans") if letters and not letters.isascii() else letters
