"""The graph that numpy and onnx.helper wrote, held against the same weights in a Hugging Face BertModel."""

import numpy as np
import pytest

from zhanggui.encoders import open_encoder
from zhanggui.encoders.e5_file import BLOCK, E5File, installed_weights, read_e5

torch = pytest.importorskip("torch", reason="torch comes with the extra [train]: make test-train")
transformers = pytest.importorskip("transformers", reason="transformers comes with the extra [train]: make test-train")

TEXTS = [
    "安装简单的无线鼠标",
    "西湖龙井 明前绿茶 250g",
    "Traditional ice cream, 56 oz",
    "iPhone15 手机壳 dv7-1211ea",
    "a",
    "红色 连衣裙 夏季 新款 " * 12,
    "men's running shoes, size 42, breathable mesh",
]
LINEAR = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}


def tensor(file: E5File, name: str, *shape: int):
    return torch.from_numpy(file.floats(name).copy()).reshape(shape)


def quantised(file: E5File, name: str, *shape: int):
    codes, scales = file.blocks(name)
    weights = (codes.astype(np.float32) - 8) * scales.astype(np.float32)[:, None]
    assert codes.shape[1] == BLOCK
    return torch.from_numpy(weights).reshape(shape)


def state(file: E5File):
    c = file.config
    yield "embeddings.word_embeddings.weight", quantised(file, "emb.word", c.vocabulary, c.hidden)
    yield "embeddings.position_embeddings.weight", tensor(file, "emb.pos", -1, c.hidden)
    yield "embeddings.token_type_embeddings.weight", tensor(file, "emb.type", -1, c.hidden)
    yield "embeddings.LayerNorm.weight", tensor(file, "emb.ln.w", c.hidden)
    yield "embeddings.LayerNorm.bias", tensor(file, "emb.ln.b", c.hidden)
    for layer in range(c.layers):
        for short, long in LINEAR.items():
            shape = {"fi": (c.inner, c.hidden), "fo": (c.hidden, c.inner)}.get(short, (c.hidden, c.hidden))
            yield f"encoder.layer.{layer}.{long}.weight", quantised(file, f"l{layer}.{short}.w", *shape)
            yield f"encoder.layer.{layer}.{long}.bias", tensor(file, f"l{layer}.{short}.b", shape[0])
        for short, long in (("aln", "attention.output"), ("oln", "output")):
            yield f"encoder.layer.{layer}.{long}.LayerNorm.weight", tensor(file, f"l{layer}.{short}.w", c.hidden)
            yield f"encoder.layer.{layer}.{long}.LayerNorm.bias", tensor(file, f"l{layer}.{short}.b", c.hidden)


@pytest.fixture(scope="module")
def bert():
    file = read_e5(installed_weights())
    c = file.config
    config = transformers.BertConfig(
        vocab_size=c.vocabulary,
        hidden_size=c.hidden,
        num_hidden_layers=c.layers,
        num_attention_heads=c.heads,
        intermediate_size=c.inner,
        max_position_embeddings=c.positions,
        type_vocab_size=c.types,
        layer_norm_eps=c.epsilon,
    )
    model = transformers.BertModel(config, add_pooling_layer=False)
    missing, unexpected = model.load_state_dict(dict(state(file)), strict=False)
    assert (unexpected, missing) == ([], [])
    return model.eval()


def test_our_graph_gives_the_vectors_of_bert(bert, tmp_path):
    encoder = open_encoder(cache=tmp_path)
    ours = encoder.passages(TEXTS)
    for text, vector in zip(TEXTS, ours, strict=True):
        ids = torch.tensor([encoder.token_ids(f"passage: {text.strip()}")])
        with torch.inference_mode():
            mean = bert(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.mean(1)[0]
        expected = (mean / mean.norm()).numpy()
        assert float(vector @ expected) >= 0.9995, text  # our activations are int8, those of torch fp32
