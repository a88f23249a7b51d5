"""Labels of what fits and what does not; what is right is never called wrong."""

import pytest

from zhanggui.core.errors import ConfigError
from zhanggui.core.ids import ItemId
from zhanggui.data.examples.graded import Graded, graded, right_texts, unlearnt
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.splits import Parts

PASSAGES = [f"thing {n}" for n in range(30)]


def pair(left, right):
    return Pair(left, right, ItemId(right), PairKind.TITLE)


def made(pairs, wrong, passages=PASSAGES, *, hard=2, seed=0, known=(), **given):
    rights = right_texts(Parts([*pairs, *known], [], []))
    return graded(pairs, wrong, passages, rights=rights, hard=hard, seed=seed, **given)


def test_a_pair_comes_with_its_hard_ones_and_one_of_all():
    own, *rest = made([pair("cup", "white cup")], [("white mug", "white pot", "white jar")])
    assert own == Graded("cup", "white cup", 1.0)
    assert [one.right for one in rest[:2]] == ["white mug", "white pot"]
    assert len(rest) == 3 and rest[2].right in PASSAGES
    assert {one.label for one in rest} == {0.0} and {one.left for one in rest} == {"cup"}


def test_what_another_pair_gives_the_left_text_is_not_wrong_for_it():
    pairs = [pair("cup", "white cup"), pair("CUP", "white mug")]
    found = made(pairs, [("white mug", "white pot"), ("white cup",)])
    assert {one.right for one in found if one.label} == {"white cup", "white mug"}
    held_out = made(pairs[:1], [("white mug", "white pot")], known=pairs[1:])
    assert "white mug" not in {one.right for one in held_out}


def test_the_drawn_one_is_never_right_and_never_kept_apart():
    pairs = [pair(f"ask {n}", "thing 0") for n in range(50)]
    drawn = {one.right for one in made(pairs, [()] * 50, PASSAGES[:3], kept_apart={"thing 1"}) if not one.label}
    assert drawn == {"thing 2"}
    assert [one.label for one in made(pairs[:1], [()], ["thing 0"])] == [1.0]
    assert [one.label for one in made(pairs[:1], [()], [])] == [1.0]


def test_hard_ones_kept_apart_are_passed_over():
    found = made([pair("cup", "white cup")], [("white mug", "white pot", "white jar")], kept_apart={"white mug"})
    assert [one.right for one in found[1:3]] == ["white pot", "white jar"]


def test_no_two_examples_have_equal_texts():
    twice = [pair("cup", "white cup")] * 2
    found = made(twice, [("white mug",), ("white mug",)])
    assert len({(one.left, one.right) for one in found}) == len(found)
    assert sum(one.label for one in found) == 1


def test_the_seed_decides():
    pairs = [pair(f"ask {n}", f"thing {n}") for n in range(20)]
    assert made(pairs, [()] * 20, seed=1) == made(pairs, [()] * 20, seed=1) != made(pairs, [()] * 20, seed=2)


def test_held_out_passages_are_named_unless_learnt():
    parts = Parts([pair("a", "mug")], [pair("b", "mug"), pair("c", "cup")], [pair("d", "pot")])
    assert unlearnt(parts) == {"cup", "pot"}


def test_pairs_without_a_list_of_wrong_ones_are_refused():
    with pytest.raises(ConfigError, match="2 pairs have wrong passages for 1"):
        made([pair("a", "mug"), pair("b", "cup")], [()])
