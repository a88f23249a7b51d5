"""What an encoder makes of pairs, told to a tracker: how near they lie, how they stand out, what is near what."""

from collections.abc import Sequence

import numpy as np

from zhanggui.core.errors import InputError
from zhanggui.core.protocols import Encoder
from zhanggui.training.tracking.protocol import Tracker


def picture_encoder(
    tracker: Tracker, encoder: Encoder, lefts: Sequence[str], rights: Sequence[str], *, step: int
) -> None:
    """Encode pairs held out (n lefts, n rights, n at least 2) and tell what the report draws of them.

    `dev/pairs` and `dev/others` are cosines of each left with its own right and with the right of the pair half of all
    away (neighbours are often alike); the curve `dev/told apart` tells the two apart; the embedding
    `dev/items` shows the rights. Vectors have length 1.
    """
    if len(lefts) != len(rights) or len(lefts) < 2:
        raise InputError(f"Got {len(lefts)} lefts and {len(rights)} rights. Allowed: as many of each, at least 2.")
    left, right = encoder.queries(lefts), encoder.passages(rights)
    own = np.einsum("nd,nd->n", left, right)
    others = np.einsum("nd,nd->n", left, np.roll(right, len(rights) // 2, axis=0))
    labels = np.repeat([True, False], len(lefts))
    tracker.histogram("dev/pairs", own, step)
    tracker.histogram("dev/others", others, step)
    tracker.curve("dev/told apart", labels, np.concatenate([own, others]), step)
    tracker.embedding("dev/items", right, rights)
