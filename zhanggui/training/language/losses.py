"""What a model is told to make small. B examples; C passages, the first B of them their own; d dimensions."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

_NEVER = -1e4
"""A masked logit: far below all others, and finite in 16 bits."""


def negatives(lefts: Sequence[str], items: Sequence[str], rights: Sequence[str]) -> NDArray[np.bool_]:
    """Return (B, C): which passages may stand against which example. Its own counts as allowed, on the diagonal.

    Not allowed: the same item or the same text again, and the passages of another example with the same left text.

    >>> negatives(["tea", "mug", "tea"], ["a", "b", "c"], ["A", "B", "C"]).astype(int)
    array([[1, 1, 0],
           [1, 1, 1],
           [0, 1, 1]])
    """
    left, item, right = (np.array(values, dtype=object) for values in (lefts, items, rights))
    count = len(lefts)
    same = (item[:count, None] == item[None]) | (right[:count, None] == right[None])
    same[:, :count] |= left[:, None] == left[None]
    np.fill_diagonal(same, False)
    return ~same


def contrastive(
    left: torch.Tensor,
    right: torch.Tensor,
    allowed: torch.Tensor,
    *,
    temperature: float,
    false_margin: float = 2.0,
    dims: Sequence[int] = (),
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return loss (B,) and whether the own passage is nearest (B,), of vectors (B, d) and (C, d).

    In-batch softmax (van den Oord et al. 2018; Karpukhin et al. 2020). What lies nearer than the own passage by more
    than `false_margin` (cosine) is taken for a positive that nobody told of, and masked (as GISTEmbed does by a guide,
    Solatorio 2024). With `dims` the loss is the mean over the vectors cut to those lengths and the whole (Matryoshka,
    Kusupati et al. 2022).
    """
    widths = [width for width in dims if width < left.shape[1]] + [left.shape[1]]
    own = torch.arange(len(left), device=left.device)
    losses = []
    for width in widths:  # the whole comes last: its cosines tell what is right
        cosines = functional.normalize(left[:, :width], dim=-1) @ functional.normalize(right[:, :width], dim=-1).T
        seen = allowed & (cosines.detach() <= cosines.detach()[own, own][:, None] + false_margin)
        logits = (cosines / temperature).masked_fill(~seen, _NEVER)
        losses.append(functional.cross_entropy(logits, own, reduction="none"))
    nearest = cosines.masked_fill(~allowed, _NEVER).argmax(dim=-1) == own
    return torch.stack(losses).mean(dim=0), nearest


def taught_order(scores: torch.Tensor, teacher: torch.Tensor, *, temperature: float = 1.0) -> torch.Tensor:
    """Return (B,): Kullback-Leibler divergence of the teacher's softmax over each row's k passages from the student's.

    >>> taught_order(torch.tensor([[2.0, 1.0]]), torch.tensor([[2.0, 1.0]])).abs().item() < 1e-6
    True
    """
    told = functional.log_softmax(teacher / temperature, dim=-1)
    ours = functional.log_softmax(scores / temperature, dim=-1)
    return functional.kl_div(ours, told, log_target=True, reduction="none").sum(dim=-1) * temperature**2


def taught_margin(scores: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Return (B,): how far the lead of the first passage over the others is from the teacher's, squared.

    Margin-MSE (Hofstätter et al. 2020); both (B, k), k at least 2.

    >>> taught_margin(torch.tensor([[5.0, 3.0]]), torch.tensor([[1.0, 0.0]])).item()
    1.0
    """
    lead, told = scores[:, :1] - scores[:, 1:], teacher[:, :1] - teacher[:, 1:]
    return ((lead - told) ** 2).mean(dim=-1)


def apart(vectors: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return (n,): one minus the cosine of each vector with the one that it should be.

    >>> apart(torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 1.0]])).item()
    1.0
    """
    return 1 - functional.cosine_similarity(vectors, wanted, dim=-1)
