"""Made-up unit vectors that lie as those of texts do: not noise, which no graph can order, and not a few points.

A common direction (any two texts of e5 have a cosine near .8), 40 departments, 4,000 clusters of unequal size, and
within a cluster a spread whose directions have falling weight (so that few dimensions carry most of it), a little
noise, 5 % that are nearly another vector of their block, and 3 % that are exactly one. Rounded to fp16, as the cache
of vectors keeps them. Block b is the same for any n.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from zhanggui.core.interactions import Floats, Longs

DIM, DEPARTMENTS, CLUSTERS = 384, 40, 4_000
BLOCK = 10_000
_SPREAD = 64


@dataclass(frozen=True, slots=True)
class Meanings:
    """The shape of the cloud; `block` draws from it."""

    common: Floats
    departments: Floats
    clusters: Floats
    spread: Floats

    @classmethod
    def made(cls) -> "Meanings":
        """Return the same cloud every time."""
        random = np.random.default_rng(0)

        def directions(n: int, length: float) -> Floats:
            drawn = random.standard_normal((n, DIM)).astype(np.float32)
            return np.asarray(drawn * (length / np.linalg.norm(drawn, axis=1, keepdims=True)), np.float32)

        weights = (1.0 / np.sqrt(1 + np.arange(_SPREAD, dtype=np.float32)))[:, None]
        return cls(
            directions(1, 1.6),
            directions(DEPARTMENTS, 0.45),
            directions(CLUSTERS, 0.5),
            directions(_SPREAD, 0.3) * weights,
        )

    def block(self, number: int) -> tuple[Floats, Longs]:
        """Return 10,000 vectors and their departments."""
        random = np.random.default_rng((7, number))
        cluster = np.minimum(random.zipf(1.2, BLOCK) * 37 + random.integers(0, 400, BLOCK), 1 << 40) % CLUSTERS
        vectors = self._around(cluster, random)
        near, same = random.integers(0, BLOCK, (2, BLOCK // 20))
        vectors[near] = vectors[same] + 0.02 * random.standard_normal((len(near), DIM)).astype(np.float32)
        cluster[near] = cluster[same]
        twice, first = random.integers(0, BLOCK, (2, BLOCK * 3 // 100))
        vectors[twice], cluster[twice] = vectors[first], cluster[first]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors.astype(np.float16).astype(np.float32), cluster % DEPARTMENTS

    def blocks(self, n: int) -> Iterator[tuple[Floats, Longs]]:
        """Stream n vectors."""
        for number in range(-(-n // BLOCK)):
            vectors, departments = self.block(number)
            left = n - number * BLOCK
            yield vectors[:left], departments[:left]

    def queries(self, n: int) -> tuple[Floats, Longs]:
        """Return what shoppers might ask: near some product, but further off than products are from each other."""
        vectors, departments = self.block(1 << 20)
        noise = np.random.default_rng(9).standard_normal((n, DIM)).astype(np.float32)
        asked = vectors[:n] + 0.015 * noise
        return asked / np.linalg.norm(asked, axis=1, keepdims=True), departments[:n]

    def _around(self, cluster: Longs, random: np.random.Generator) -> Floats:
        inner = random.standard_normal((len(cluster), _SPREAD)).astype(np.float32) @ self.spread
        noise = 0.008 * random.standard_normal((len(cluster), DIM)).astype(np.float32)
        return np.asarray(
            self.common + self.departments[cluster % DEPARTMENTS] + self.clusters[cluster] + inner + noise, np.float32
        )
