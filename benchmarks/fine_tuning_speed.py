"""How long one training step of the shipped encoder takes: `python -m benchmarks.fine_tuning_speed` (needs [train]).

54 pairs of a query (about 8 tokens) and a title (about 24), the word table frozen, AdamW, on the threads told.
"""

import argparse
import copy
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np


def main() -> None:
    """Print seconds a step, the median of a few."""
    if find_spec("torch") is None:
        print("left out: torch is not installed. Cure: pip install 'zhanggui[train]'")
        return
    import torch

    from zhanggui.training.language.base import open_base
    from zhanggui.training.language.bi_encoder import freeze
    from zhanggui.training.language.losses import contrastive
    from zhanggui.training.language.machine import mixed
    from zhanggui.training.language.optimiser import make_optimiser
    from zhanggui.training.language.plan import Numbers, Plan
    from zhanggui.training.language.vectors import pooled

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=54)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=7)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    base = open_base("multilingual-e5-small", cache=Path(tempfile.gettempdir()) / "zhanggui-speed")
    rng = np.random.default_rng(0)
    lefts, rights = ([rng.integers(5, 200_000, n).tolist() for n in rng.integers(a, b, told.batch)] for a, b in _SIZES)
    for numbers in (Numbers.BF16, Numbers.FP32):
        model = copy.deepcopy(base.model).train()
        freeze(model, words=True)
        optimiser, seconds = make_optimiser(model, Plan()), []
        for _ in range(told.steps):
            began = time.perf_counter()
            with mixed(numbers, torch.device("cpu")):
                left, right = (pooled(model, ids, base.recipe, device=torch.device("cpu")) for ids in (lefts, rights))
                allowed = torch.ones(told.batch, told.batch, dtype=torch.bool)
            loss, _ = contrastive(left, right, allowed, temperature=0.05)
            loss.mean().backward()
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            seconds.append(time.perf_counter() - began)
        print(f"{numbers}: {np.median(seconds):.2f} s a step of {told.batch} pairs, {told.threads} threads", flush=True)


_SIZES = ((5, 12), (16, 33))

if __name__ == "__main__":
    main()
