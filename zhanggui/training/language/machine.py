"""What this machine computes with."""

from contextlib import AbstractContextManager

import torch

from zhanggui.training.language.plan import Numbers


def device() -> torch.device:
    """Return a graphics card where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def mixed(numbers: Numbers, on: torch.device) -> AbstractContextManager[None]:
    """Return the context in which forward passes run: bfloat16 needs no scaling of losses, so nothing else changes."""
    wanted = numbers is Numbers.BF16 or (numbers is Numbers.AUTO and _native(on))
    return torch.autocast(on.type, dtype=torch.bfloat16, enabled=wanted)


def exact(on: torch.device) -> AbstractContextManager[None]:
    """Return the context for what must not be rounded to 8 bits of mantissa: cosines over a temperature."""
    return torch.autocast(on.type, enabled=False)


def _native(on: torch.device) -> bool:
    if on.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
