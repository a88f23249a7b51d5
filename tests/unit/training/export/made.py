"""A BERT encoder of random arrays."""

import numpy as np

from zhanggui.training.language.export.shape import WORDS, Shape

SHAPE = Shape(hidden=32, layers=2, heads=4, inner=64, epsilon=1e-12)


def made_state(*, words=20, positions=32, seed=0):
    random = np.random.default_rng(seed)

    def drawn(*shape):
        return random.normal(0, 0.2, shape).astype(np.float32)

    h, inner = SHAPE.hidden, SHAPE.inner
    shapes = {WORDS: (words, h)}
    shapes["embeddings.position_embeddings.weight"] = (positions, h)
    shapes["embeddings.token_type_embeddings.weight"] = (2, h)
    state = {name: drawn(*shape) for name, shape in shapes.items()} | norm("embeddings.LayerNorm")
    for layer in range(SHAPE.layers):
        at = f"encoder.layer.{layer}."
        for name, (rows, columns) in {
            "attention.self.query": (h, h),
            "attention.self.key": (h, h),
            "attention.self.value": (h, h),
            "attention.output.dense": (h, h),
            "intermediate.dense": (inner, h),
            "output.dense": (h, inner),
        }.items():
            state |= {f"{at}{name}.weight": drawn(rows, columns), f"{at}{name}.bias": drawn(rows)}
        state |= norm(f"{at}attention.output.LayerNorm") | norm(f"{at}output.LayerNorm")
    return state


def norm(name):
    h = SHAPE.hidden
    return {f"{name}.weight": np.ones(h, np.float32), f"{name}.bias": np.zeros(h, np.float32)}


def made_head(*, classes=1):
    head = np.random.default_rng(5).normal(0, 0.5, (classes, SHAPE.hidden)).astype(np.float32)
    return {"classifier.weight": head, "classifier.bias": np.arange(classes, dtype=np.float32)}
