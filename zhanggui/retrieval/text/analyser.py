"""From text to tokens: what the index holds and what queries ask for.

Chinese has no spaces, and where one word ends is a guess. So a Chinese run is indexed three times: as the words that
Jieba sees, as all pairs of neighbouring characters, and as single characters. Pairs find 简单 in 安装简单 whatever the
segmenter thought; words and characters refine the order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import rjieba

from zhanggui.core.passage import content_hash
from zhanggui.retrieval.text.normalise import normalise
from zhanggui.retrieval.text.scan import Word, runs
from zhanggui.retrieval.text.stem import Stems

VERSION = 1
"""Raised whenever the same text gives other tokens: indexes of another version are rebuilt."""


_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text, three ways.

    `words`: Chinese words, English stems, model numbers whole and in parts. `grams`: pairs of Chinese characters.
    `atoms`: the smallest units in their order, not stemmed, for phrases: Chinese characters, words, numbers.
    """

    words: tuple[str, ...]
    grams: tuple[str, ...]
    atoms: tuple[str, ...]


class Analyser:
    """Turn text into tokens; never changes once made, safe to call from many threads.

    `words` are the shop's own (brands, product names), added to Jieba's dictionary. `name` tells equal analysers apart
    from others: an index built by another name is rebuilt.

    >>> Analyser().tokens("安装简单")
    Tokens(words=('安装', '简单', '安装简单'), grams=('安装', '装简', '简单'), atoms=('安', '装', '简', '单'))
    >>> Analyser().tokens("iPhone15 chargers").words
    ('iphon', '15', 'iphone15', 'charger')
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        own = sorted({normalise(word) for word in words} - {""})
        self._jieba = rjieba.Jieba()
        self._stems = Stems()
        self._forms: dict[Word, tuple[str, ...]] = {}
        for word in own:
            self._jieba.add_word(word, None, None)
        self.name = f"zh-en/{VERSION}/{_digest(own)}"

    def tokens(self, text: str) -> Tokens:
        """Analyse a text of a product."""
        return self.tokens_of(normalise(text))

    def tokens_of(self, text: str) -> Tokens:
        """Analyse a text that is normalised already."""
        words: list[str] = []
        grams: list[str] = []
        atoms: list[str] = []
        for run in runs(text):
            if isinstance(run, Word):
                words.extend(self.forms(run))
                atoms.extend(run.parts)
            else:
                words.extend(self._search_words(run))
                grams.extend(a + b for a, b in pairwise(run))
                atoms.extend(run)
        return Tokens(tuple(words), tuple(grams), tuple(atoms))

    def forms(self, word: Word) -> Sequence[str]:
        """Return the words that a word of letters and digits is found by: stems of its parts and pieces, the whole."""
        known = self._forms.get(word)
        return known if known is not None else self._learn(word)

    def stem(self, word: str) -> str:
        """Return the stem of one word of letters."""
        return self._stems(word)

    def chinese(self, run: str) -> list[str]:
        """Divide a Chinese run into words that do not overlap."""
        return list(self._jieba.cut(run))

    def _learn(self, word: Word) -> tuple[str, ...]:
        if len(self._forms) >= _REMEMBERED:
            self._forms = {}
        forms = (word.whole,) if len(word.parts) == 1 else (*word.parts, *word.pieces, word.whole)
        self._forms[word] = stems = tuple(dict.fromkeys(map(self._stems, forms)))
        return stems

    def _search_words(self, run: str) -> list[str]:
        """Return words, and the shorter words inside long ones, of two characters and more."""
        if len(run) < 3:
            return [run] if len(run) == 2 else []
        return [word for word in self._jieba.cut_for_search(run) if len(word) > 1]


def _digest(words: Sequence[str]) -> str:
    return content_hash("\n".join(words))[:12] if words else "0"
