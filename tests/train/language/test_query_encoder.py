"""A model of queries learns the order that lists give, over items that stay where they are."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.train.language.tiny import tiny_base
from zhanggui.core.errors import ConfigError, InputError
from zhanggui.data.examples.listed import Listed
from zhanggui.encoders.onnx_encoder import Pooling
from zhanggui.training.language.batches import token_ids
from zhanggui.training.language.distil import with_fewer_layers
from zhanggui.training.language.plan import Plan, Run
from zhanggui.training.language.query_encoder import train_query_encoder
from zhanggui.training.language.upper import pooled_above, states_below
from zhanggui.training.language.vectors import passages, queries

WORDS = [f"w{n}" for n in range(24)]
PLAN = Plan(epochs=30, batch=8, learning_rate=5e-3, patience=0, temperature=0.1, anchor=0.0)


def shelf(base):
    return passages(base, [f"{word} {word}" for word in WORDS])


def shifted(text_of, count=24):
    """Lists of which each word asks for the item of the next one: nothing that the base knows."""
    return [Listed(text_of(n), ((n + 1) % len(WORDS),), (1.0,)) for n in range(count)]


def firsts(model, items, texts):
    return (queries(model, texts) @ items.T).argmax(axis=1).tolist()


def test_it_learns_what_the_lists_say(tmp_path):
    base = tiny_base(WORDS, prefixes=True)
    items, lists = shelf(base), shifted(lambda n: WORDS[n])
    before = {name: value.clone() for name, value in base.model.state_dict().items()}
    model = train_query_encoder(base, (lists, lists), items, layers=1, plan=PLAN, run=Run(tmp_path))
    wanted = [one.rows[0] for one in lists]
    right = np.mean(np.array(firsts(model, items, WORDS)) == wanted)
    assert right > 0.8 > np.mean(np.array(firsts(base, items, WORDS)) == wanted)
    assert model.model.config.num_hidden_layers == 1
    assert all(torch.equal(before[name], value) for name, value in base.model.state_dict().items()), "the base stays"


def test_the_anchor_keeps_it_near_the_base(tmp_path):
    base = tiny_base(WORDS, prefixes=True)
    items, lists = shelf(base), shifted(lambda n: WORDS[n])
    layers = base.model.config.num_hidden_layers
    nearness = []
    for anchor in (0.0, 100.0):
        plan = Plan(epochs=10, batch=8, learning_rate=5e-3, patience=0, temperature=0.1, anchor=anchor)
        model = train_query_encoder(
            base, (lists, lists), items, layers=layers, plan=plan, run=Run(tmp_path / str(anchor))
        )
        nearness.append(float(np.einsum("nd,nd->n", queries(model, WORDS), queries(base, WORDS)).mean()))
    assert nearness[1] > 0.95 and nearness[1] > nearness[0] + 0.02


def test_a_text_without_a_list_teaches_nearness_alone(tmp_path):
    base = tiny_base(WORDS, prefixes=True)
    lists = [Listed(word, (), ()) for word in WORDS]
    plan = Plan(epochs=40, batch=8, learning_rate=5e-3, patience=0, temperature=0.1, anchor=1.0)
    model = train_query_encoder(base, (lists, lists), shelf(base), layers=1, plan=plan, run=Run(tmp_path))
    near = np.einsum("nd,nd->n", queries(model, WORDS), queries(base, WORDS)).mean()
    untaught = replace(base, model=with_fewer_layers(base.model, 1))
    assert near > 0.9 and near > np.einsum("nd,nd->n", queries(untaught, WORDS), queries(base, WORDS)).mean()


def test_of_a_large_catalogue_a_step_sees_a_part_and_always_what_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("zhanggui.training.language.query_encoder.SEEN", 3)
    base = tiny_base(WORDS, prefixes=True)
    items, lists = shelf(base), shifted(lambda n: WORDS[n])
    model = train_query_encoder(base, (lists, lists), items, layers=1, plan=PLAN, run=Run(tmp_path))
    wanted = [one.rows[0] for one in lists]
    assert np.mean(np.array(firsts(model, items, WORDS)) == wanted) > 0.5


def test_without_lists_there_is_nothing_to_learn(tmp_path):
    base = tiny_base(WORDS, prefixes=True)
    with pytest.raises(InputError, match="Got 0, 1"):
        train_query_encoder(
            base, ([], shifted(lambda n: WORDS[n], 1)), shelf(base), layers=1, plan=PLAN, run=Run(tmp_path)
        )


def test_layers_below_stay_and_those_above_learn(tmp_path):
    base = tiny_base(WORDS, prefixes=True, layers=4)
    items, lists = shelf(base), shifted(lambda n: WORDS[n])
    plan = replace(PLAN, frozen_layers=2, epochs=60)
    model = train_query_encoder(base, (lists, lists), items, layers=4, plan=plan, run=Run(tmp_path))
    wanted = [one.rows[0] for one in lists]
    right = np.mean(np.array(firsts(model, items, WORDS)) == wanted)
    assert right > 0.8 > np.mean(np.array(firsts(base, items, WORDS)) == wanted)
    moved = {
        name
        for name, value in model.model.state_dict().items()
        if not torch.equal(value, base.model.state_dict()[name])
    }
    assert moved and {name.split(".")[2] for name in moved} == {"2", "3"}


def test_what_it_is_judged_by_is_what_it_reads_whole(tmp_path):
    """Texts of different lengths, run through the lower layers once, give the vectors of the whole model."""
    base = tiny_base(WORDS, layers=3)
    texts = [" ".join(WORDS[:n]) for n in (1, 9, 0, 4)]
    ids = token_ids(base.tokenizer, texts, prefix="", max_length=48)
    states = states_below(base.model, ids, base.recipe, layers=2)
    for recipe in (base.recipe, replace(base.recipe, pooling=Pooling.CLS)):
        with torch.inference_mode():
            found = pooled_above(base.model, states, recipe, layers=2).numpy()
        assert np.allclose(found, queries(replace(base, recipe=recipe), texts), atol=1e-3)


def test_fewer_layers_cannot_keep_what_lies_below(tmp_path):
    base = tiny_base(WORDS, layers=4)
    items, lists = shelf(base), shifted(lambda n: WORDS[n])
    for layers, below in ((2, 1), (4, 4)):
        with pytest.raises(ConfigError, match=f"{below} layers can only stay"):
            plan = replace(PLAN, frozen_layers=below)
            train_query_encoder(base, (lists, lists), items, layers=layers, plan=plan, run=Run(tmp_path))
