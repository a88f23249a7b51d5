"""Losses against their formulas, and batches that hold each row once."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny_tokenizer

from zhanggui.training.language.batches import bucketed, tensors, token_ids
from zhanggui.training.language.losses import apart, contrastive, negatives, taught_margin, taught_order
from zhanggui.training.language.optimiser import rate

FREE = torch.ones(2, 2, dtype=torch.bool)


def test_contrastive_is_the_cross_entropy_of_cosines_over_temperature():
    left, right = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[0.6, 0.8], [0.0, 1.0]])
    loss, nearest = contrastive(left, right, FREE, temperature=0.5)
    expected = [np.log(np.exp(1.2) + np.exp(0.0)) - 1.2, np.log(np.exp(1.6) + np.exp(2.0)) - 2.0]
    assert loss.tolist() == pytest.approx(expected, abs=1e-5) and nearest.tolist() == [True, True]


def test_what_is_not_allowed_or_suspiciously_near_does_not_count():
    left, right = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.6, 0.8], [1.0, 0.0]])
    masked, _ = contrastive(left, right, torch.tensor([[True, False]]), temperature=0.1)
    near, nearest = contrastive(left, right, torch.tensor([[True, True]]), temperature=0.1, false_margin=0.3)
    full, _ = contrastive(left, right, torch.tensor([[True, True]]), temperature=0.1, false_margin=0.5)
    assert masked.item() == near.item() == 0 and full.item() > 3 and nearest.tolist() == [False]


def test_shorter_vectors_take_part():
    left, right = torch.tensor([[1.0, 0.0, 5.0]]), torch.tensor([[0.0, 1.0, 5.0], [1.0, 0.0, -5.0]])
    free = torch.tensor([[True, True]])
    whole, _ = contrastive(left, right, free, temperature=1.0)
    both, _ = contrastive(left, right, free, temperature=1.0, dims=(2, 3))
    short, _ = contrastive(left[:, :2], right[:, :2], free, temperature=1.0)
    assert both.item() == pytest.approx((whole.item() + short.item()) / 2)


def test_a_hard_negative_that_is_another_examples_item_or_text_is_masked():
    allowed = negatives(["tea", "mug"], ["a", "b", "a", "c"], ["A", "B", "X", "B"])
    assert allowed.tolist() == [[True, True, False, True], [True, True, True, False]]


def test_the_students_order_is_held_against_the_teachers():
    scores, teacher = torch.tensor([[0.0, 0.0]]), torch.tensor([[np.log(3.0), 0.0]])
    expected = 0.75 * np.log(0.75 / 0.5) + 0.25 * np.log(0.25 / 0.5)
    assert taught_order(scores, teacher).item() == pytest.approx(expected)
    assert taught_margin(torch.tensor([[1.0, 0.0, 2.0]]), torch.tensor([[0.0, 0.0, 0.0]])).item() == 1.0
    assert apart(torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 0.0]])).item() == pytest.approx(0.4)


@given(
    lengths=st.lists(st.integers(1, 60), max_size=80),
    batch=st.integers(1, 9),
    seed=st.integers(0, 5),
)
def test_every_row_is_in_one_batch_and_seed_and_epoch_decide_the_order(lengths, batch, seed):
    found = bucketed(lengths, batch=batch, seed=seed, epoch=3)
    assert sorted(row for rows in found for row in rows.tolist()) == list(range(len(lengths)))
    assert len(found) == -(-len(lengths) // batch) and all(len(rows) <= batch for rows in found)
    again = bucketed(lengths, batch=batch, seed=seed, epoch=3)
    assert [rows.tolist() for rows in found] == [rows.tolist() for rows in again]


def test_batches_waste_little_on_padding_and_epochs_differ():
    lengths = np.random.default_rng(0).integers(1, 60, 640).tolist()
    first, second = (bucketed(lengths, batch=8, seed=0, epoch=epoch) for epoch in (0, 1))
    padded = sum(len(rows) * max(lengths[row] for row in rows) for rows in first)
    assert padded < 1.1 * sum(lengths)
    assert [rows.tolist() for rows in first] != [rows.tolist() for rows in second]


def test_ids_are_cut_padded_and_masked():
    tokenizer = tiny_tokenizer(["a", "b", "query:"])
    ids = token_ids(tokenizer, [" a ", "a b " * 9, ""], prefix="query: ", max_length=6)
    assert [tokenizer.decode(row, skip_special_tokens=False) for row in ids] == [
        "<s> query: a </s>",
        "<s> query: a b a </s>",
        "<s> query: </s>",
    ]
    given = tensors(ids, pad=1, device=torch.device("cpu"))
    assert given["input_ids"][2].tolist() == [*ids[2], 1, 1, 1]
    assert given["attention_mask"].sum(dim=1).tolist() == [4, 6, 3]
    assert tokenizer.truncation is None


def test_the_learning_rate_rises_then_falls_in_straight_lines():
    assert [rate(done, warm_up=0.0) for done in (0, 0.5, 1)] == [1, 0.5, 0]
    assert rate(0.5, warm_up=1.0) == 0.5
