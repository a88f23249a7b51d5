"""AdamW (Loshchilov and Hutter 2019), its learning rate, and its state by the names of parameters."""

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from zhanggui.core.errors import ConfigError
from zhanggui.training.language.plan import Plan


def make_optimiser(model: nn.Module, plan: Plan) -> Optimizer:
    """Return an optimiser of what learns; weight decay spares what has one dimension (biases, norms)."""
    learning = [value for value in model.parameters() if value.requires_grad]
    if not learning:
        raise ConfigError("Nothing in this model learns: all its weights are frozen. Set requires_grad on some.")
    wide = {"params": [value for value in learning if value.ndim > 1], "weight_decay": plan.weight_decay}
    thin = {"params": [value for value in learning if value.ndim < 2], "weight_decay": 0.0}
    return AdamW([group for group in (wide, thin) if group["params"]], lr=plan.learning_rate)


def rate(done: float, *, warm_up: float) -> float:
    """Return the share of the full learning rate when `done` (0..1) of the run is done.

    >>> [round(rate(done, warm_up=0.2), 3) for done in (0, 0.1, 0.2, 0.6, 1)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if done < warm_up:
        return done / warm_up
    return (1 - done) / (1 - warm_up) if warm_up < 1 else 1.0


def optimiser_state(optimiser: Optimizer, model: nn.Module) -> dict[str, torch.Tensor]:
    """Return the state as `PARAMETER|KEY` to tensor."""
    return {
        f"{name}|{key}": tensor
        for name, value in model.named_parameters()
        for key, tensor in optimiser.state.get(value, {}).items()
    }


def load_optimiser(optimiser: Optimizer, model: nn.Module, state: dict[str, torch.Tensor]) -> None:
    """Take up a state that `optimiser_state` gave."""
    values = dict(model.named_parameters())
    for key, tensor in state.items():
        name, _, part = key.rpartition("|")
        value = values[name]
        optimiser.state[value][part] = tensor.clone() if part == "step" else tensor.clone().to(value.device)
