"""Pairs to learn from, to choose by and to be judged on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from zhanggui.core.errors import ConfigError
from zhanggui.core.ids import Millis
from zhanggui.data.examples.pair import Pair
from zhanggui.data.examples.words import folded


@dataclass(frozen=True, slots=True)
class Parts:
    """Three lists without a pair in common."""

    train: list[Pair]
    dev: list[Pair]
    test: list[Pair]

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(self.train + other.train, self.dev + other.dev, self.test + other.test)


def split(pairs: Sequence[Pair], *, dev: float = 0.05, test: float = 0.05, seed: int = 0) -> Parts:
    """Part behaviour by time and the rest by item, so that about these shares are kept from training.

    The cuts lie at quantiles of the times; pairs of one moment stay together.
    """
    _check(dev, test)
    timed = sorted((pair for pair in pairs if pair.time is not None), key=lambda pair: pair.time or 0)
    timeless = [pair for pair in pairs if pair.time is None]
    parts = by_item(timeless, dev=dev, test=test, seed=seed)
    if not timed:
        return parts
    moments = [Millis(pair.time or 0) for pair in timed]
    last = Millis(moments[-1] + 1)
    cuts = [moments[at] if (at := int(len(timed) * (1 - share))) < len(timed) else last for share in (dev + test, test)]
    return by_time(timed, dev_from=cuts[0], test_from=cuts[1]) + parts


def by_time(pairs: Sequence[Pair], *, dev_from: Millis, test_from: Millis) -> Parts:
    """Learn from what was before `dev_from`, choose by what was before `test_from`, judge on the rest.

    Raises ConfigError for pairs without a time, or cuts in the wrong order.
    """
    if test_from < dev_from:
        raise ConfigError(f"test_from ({test_from}) lies before dev_from ({dev_from}). Give the earlier one to dev.")
    timeless = sum(pair.time is None for pair in pairs)
    if timeless:
        raise ConfigError(f"{timeless} of {len(pairs)} pairs have no time. Part these with by_item.")
    parts = Parts([], [], [])
    for pair in pairs:
        moment = pair.time or 0
        (parts.train if moment < dev_from else parts.dev if moment < test_from else parts.test).append(pair)
    return parts


def by_item(pairs: Sequence[Pair], *, dev: float = 0.05, test: float = 0.05, seed: int = 0) -> Parts:
    """Keep whole items from training: about these shares of them, chosen by a hash of what their passage says.

    The hash is of the text, not of the id, so that two entries of one thing never stand on both sides; an item stays
    where it is when others come or go.
    """
    _check(dev, test)
    parts = Parts([], [], [])
    for pair in pairs:
        place = _place(pair, seed)
        (parts.test if place < test else parts.dev if place < test + dev else parts.train).append(pair)
    return parts


def _place(pair: Pair, seed: int) -> float:
    """Return a number of 0..1 for what the passage says."""
    said = f"{seed} {folded(pair.right) or pair.right}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest()) / (1 << 64)


def _check(dev: float, test: float) -> None:
    if dev < 0 or test < 0 or dev + test >= 1:
        raise ConfigError(f"dev and test are shares of 0..1 that leave some for training. Got {dev} and {test}.")
