"""Which words of a title a query names: the fact behind "matches: … in the title"."""

import re
from functools import lru_cache

from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.normalise import normalise

_WORD = re.compile(r"[^\W_\u3400-\u9fff]+")
_WORDS, _QUERIES = 20_000, 256
_CHINESE = re.compile(r"[\u3400-\u9fff]+")


class TitleTerms:
    """Find the longest piece that query and title share, as the index understands sharing.

    >>> terms = TitleTerms(Analyser())
    >>> terms("phone chargers 绿茶", "USB Charger"), terms("明前绿茶", "西湖綠茶 250g")
    ('charger', '绿茶')
    """

    def __init__(self, analyser: Analyser) -> None:
        # A page asks for one query and twenty titles, and their words are those of the pages before.
        self._stems = lru_cache(_WORDS)(lambda word: frozenset(analyser.tokens(word).words))
        self._asked = lru_cache(_QUERIES)(self._understood)

    def __call__(self, query: str, title: str) -> str:
        """Return the piece as it stands in the folded title, "" where they share nothing."""
        said = normalise(title)
        wanted, begin, runs = self._asked(query)
        likely = [word for word in _WORD.findall(said) if any(part in word for part in begin)]
        found = [word for word in likely if wanted & self._stems(word)]
        found += [_longest_shared(run, said) for run in runs]
        return max(found, key=len, default="")

    def _understood(self, query: str) -> tuple[frozenset[str], frozenset[str], tuple[str, ...]]:
        """Return the stems asked for, of which each word that has one holds one, and the Chinese runs."""
        asked = normalise(query)
        stems = frozenset(stem for word in _WORD.findall(asked) for stem in self._stems(word))
        return stems, frozenset(map(beginning, stems)), tuple(_CHINESE.findall(asked))


def beginning(stem: str) -> str:
    """Return what all words of a stem hold, so that others need not be stemmed: mostly its first two letters.

    >>> beginning("charger"), beginning("die")  # the stem of "dying"
    ('ch', 'd')
    """
    return stem[:1] if stem[1:2] == "i" else stem[:2]


def _longest_shared(run: str, title: str) -> str:
    """Return the longest piece of a run of characters that stands in the title, the first of equals."""
    for size in range(len(run), 0, -1):
        for start in range(len(run) - size + 1):
            if run[start : start + size] in title:
                return run[start : start + size]
    return ""
