"""What an export needs to know of a BERT encoder beside its weights, and the weights by Hugging Face's names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Floats

State = Mapping[str, Floats]
WORDS = "embeddings.word_embeddings.weight"


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a BERT encoder (Devlin et al. 2019). RoBERTa's positions begin behind that of the padding."""

    hidden: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    first_position: int = 0


def shape_of(config: Any) -> Shape:
    """Read a Hugging Face configuration of BERT, RoBERTa or XLM-R."""
    if (kind := config.model_type) not in _KINDS:
        raise ConfigError(f"A model of type {kind!r} cannot be exported. Allowed: {', '.join(_KINDS)}.")
    if (activation := config.hidden_act) != "gelu":
        raise ConfigError(f"The export writes the activation gelu. This model has {activation!r}: take another base.")
    return Shape(
        hidden=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        inner=config.intermediate_size,
        epsilon=config.layer_norm_eps,
        first_position=0 if kind == "bert" else config.pad_token_id + 1,
    )


def state_of(model: Any) -> dict[str, Floats]:
    """Return a torch module's weights as fp32 arrays, the encoder's without the prefix that a head's model gives them.

    >>> import numpy as np
    >>> sorted(plain({"bert." + WORDS: np.zeros((1, 1)), "classifier.bias": np.zeros(1)}))
    ['classifier.bias', 'embeddings.word_embeddings.weight']
    """
    return plain({key: value.detach().cpu().float().numpy() for key, value in model.state_dict().items()})


def plain(state: State) -> dict[str, Floats]:
    """Drop the encoder's prefix (`bert.`, `roberta.`)."""
    found = next((key for key in state if key.endswith(WORDS)), None)
    if found is None:
        raise ConfigError(f"The weights hold no {WORDS}. Export an encoder of the BERT family (merge adapters first).")
    return {key.removeprefix(found.removesuffix(WORDS)): value for key, value in state.items()}


def with_layers(state: State, shape: Shape, layers: Sequence[int]) -> tuple[dict[str, Floats], Shape]:
    """Keep only these layers (counted from 0), in this order.

    >>> spread(4, of=12), spread(3, of=12), first(2)
    ((2, 5, 8, 11), (3, 7, 11), (0, 1))
    """
    if not layers or not set(layers) <= set(range(shape.layers)):
        raise ConfigError(f"Layers must be some of 0..{shape.layers - 1}. Got {list(layers)}.")
    kept = {key: value for key, value in state.items() if not key.startswith(_LAYER)}
    for place, layer in enumerate(layers):
        old, new = f"{_LAYER}{layer}.", f"{_LAYER}{place}."
        kept |= {new + key.removeprefix(old): value for key, value in state.items() if key.startswith(old)}
    return kept, replace(shape, layers=len(layers))


def first(count: int) -> tuple[int, ...]:
    """Return the first layers."""
    return tuple(range(count))


def spread(count: int, *, of: int) -> tuple[int, ...]:
    """Return `count` layers at even distances, the last among them (Sanh et al. 2019, DistilBERT)."""
    return tuple((place + 1) * of // count - 1 for place in range(count))


_KINDS = ("bert", "roberta", "xlm-roberta")
_LAYER = "encoder.layer."
