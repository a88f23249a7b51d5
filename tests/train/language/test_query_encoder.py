"""A model of queries learns the order that lists give, over items that stay where they are."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.train.language.tiny import tiny_base
from zhanggui.core.errors import InputError
from zhanggui.data.examples.listed import Listed
from zhanggui.training.language.distil import with_fewer_layers
from zhanggui.training.language.plan import Plan, Run
from zhanggui.training.language.query_encoder import train_query_encoder
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


def test_vectors_that_are_known_are_not_made_again_and_teach_the_same(tmp_path, monkeypatch):
    base = tiny_base(WORDS, prefixes=True)
    items, lists = shelf(base), shifted(lambda n: WORDS[n])
    known = queries(base, WORDS)
    plan = replace(PLAN, epochs=3, anchor=5.0)
    made = train_query_encoder(base, (lists, lists), items, layers=1, plan=plan, run=Run(tmp_path / "made"))
    told = train_query_encoder(
        base, (lists, lists), items, wanted=(known, known), layers=1, plan=plan, run=Run(tmp_path / "told")
    )
    assert np.allclose(queries(made, WORDS), queries(told, WORDS), atol=1e-3)
    elsewhere = (-known, -known)
    away = train_query_encoder(
        base, (lists, lists), items, wanted=elsewhere, layers=1, plan=plan, run=Run(tmp_path / "away")
    )
    assert not np.allclose(queries(made, WORDS), queries(away, WORDS), atol=0.1), "the given ones are what counts"
