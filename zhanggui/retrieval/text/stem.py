"""English stems, remembered. The stemmer of the library is not safe to share between threads; the memory is."""

import threading

import Stemmer

_LIMIT = 200_000


class Stems:
    """Map English words to their stems by Snowball's English rules (Porter 2).

    >>> [Stems()(w) for w in ("batteries", "running", "shoe")]
    ['batteri', 'run', 'shoe']
    """

    def __init__(self) -> None:
        self._stemmer = Stemmer.Stemmer("english", 0)
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}

    def __call__(self, word: str) -> str:
        return self._known.get(word) or self._learn(word)

    def _learn(self, word: str) -> str:
        with self._lock:
            if len(self._known) >= _LIMIT:
                self._known = {}
            stem: str = self._stemmer.stemWord(word) or word
            self._known[word] = stem
        return stem
