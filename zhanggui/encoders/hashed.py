"""An encoder without weights: texts that share letters are near. The light fallback, and the double in tests."""

import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Floats


class HashEncoder:
    """Count character n-grams into `dim` signed buckets (feature hashing, Weinberger et al. 2009), square root, L2.

    The same vector on every machine and in every process; queries and passages are treated alike.

    >>> encoder = HashEncoder(dim=512)
    >>> near, far = encoder.passages(["green tea bags", "motor oil"]) @ encoder.queries(["green tea"])[0]
    >>> bool(near > 0.5 > 0.3 > far)
    True
    """

    def __init__(self, *, dim: int = 256, sizes: Sequence[int] = (1, 2, 3)) -> None:
        if dim < 1 or not sizes or min(sizes) < 1:
            raise ConfigError(f"A hash encoder needs dim >= 1 and sizes >= 1. Got dim={dim}, sizes={tuple(sizes)}.")
        self.dim = dim
        self.sizes = tuple(sizes)
        self.name = f"hash-{dim}-{'.'.join(map(str, self.sizes))}"

    def queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, dim)."""
        return self.passages(texts)

    def passages(self, texts: Sequence[str]) -> Floats:
        """Return (n, dim)."""
        return np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, self.dim), np.float32)

    def _vector(self, text: str) -> Floats:
        vector = np.zeros(self.dim, np.float32)
        for gram, count in Counter(self._grams(text)).items():
            code = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
            vector[(code >> 1) % self.dim] += (1 if code & 1 else -1) * count**0.5
        norm = float(np.linalg.norm(vector))
        if norm == 0:  # nothing to count, or all of it cancelled out
            vector[0] = norm = 1.0
        return vector / np.float32(norm)

    def _grams(self, text: str) -> Iterator[str]:
        for word in unicodedata.normalize("NFKC", text).casefold().split():
            for size in self.sizes:
                edged = f"^{word}$" if size > 1 else word
                yield from (edged[at : at + size] for at in range(len(edged) - size + 1))
