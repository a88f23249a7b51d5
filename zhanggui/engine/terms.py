"""Which words of a title a query names: the fact behind "matches: … in the title"."""

import re

from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.retrieval.text.normalise import normalise

_WORD = re.compile(r"[^\W_\u3400-\u9fff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")


class TitleTerms:
    """Find the longest piece that query and title share, as the index understands sharing.

    >>> terms = TitleTerms(Analyser())
    >>> terms("phone chargers 绿茶", "USB Charger"), terms("明前绿茶", "西湖綠茶 250g")
    ('charger', '绿茶')
    """

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser

    def __call__(self, query: str, title: str) -> str:
        """Return the piece as it stands in the folded title, "" where they share nothing."""
        asked, said = normalise(query), normalise(title)
        wanted = {stem for word in _WORD.findall(asked) for stem in self._analyser.tokens(word).words}
        found = [word for word in _WORD.findall(said) if wanted & set(self._analyser.tokens(word).words)]
        found += [_longest_shared(run, said) for run in _CHINESE.findall(asked)]
        return max(found, key=len, default="")


def _longest_shared(run: str, title: str) -> str:
    """Return the longest piece of a run of characters that stands in the title, the first of equals."""
    for size in range(len(run), 0, -1):
        for start in range(len(run) - size + 1):
            if run[start : start + size] in title:
                return run[start : start + size]
    return ""
