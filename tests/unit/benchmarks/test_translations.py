"""The translated titles are whole, hold none of the originals, and are asked as told."""

import csv

import numpy as np
import pytest

from benchmarks.translations import READERS, TRANSLATIONS, Question, measured, read_questions
from zhanggui.encoders import HashEncoder


def rows():
    with TRANSLATIONS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def chinese(text):
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def test_150_each_way_in_the_other_language():
    english = [row for row in rows() if row["set"] == "zh_search"]
    others = [row for row in rows() if row["set"] != "zh_search"]
    assert len(english) == len(others) == 150
    assert not any(chinese(row["translation"]) for row in english)
    assert all(chinese(row["translation"]) for row in others)
    assert len({(row["set"], row["id"]) for row in rows()}) == 300 == len({row["translation"] for row in rows()})
    assert {row["set"] for row in rows()} == set(READERS)


def test_the_measure_by_hand():
    titles = ("red mug", "iron pot", "green tea", "red mug with lid")
    question = Question("", ("iron pot", "red mug with lid", "green"), ("iron pot", "red mug", "iron pot"), titles)
    metrics = measured(HashEncoder(dim=512), question)
    np.testing.assert_allclose(metrics["mrr@10"][:2], [1, 1 / 2])
    assert metrics["hit@1"].tolist() == [1, 0, 0] and 0 < metrics["mrr@10"][2] < 1


@pytest.mark.devdata
def test_the_titles_are_in_the_data_and_not_in_the_file(dev_data):
    to_chinese, to_english = read_questions(dev_data, distractors=50)
    for question, language in ((to_chinese, True), (to_english, False)):
        assert len(question.queries) == 150
        assert 190 < len(question.titles) == len(set(question.titles)) <= 200  # a distractor's text may occur twice
        assert set(question.wanted) <= set(question.titles)
        assert not set(question.queries) & set(question.titles)
        assert sum(chinese(title) is language for title in question.wanted) > 145
    assert len(read_questions(dev_data, distractors=0)[0].titles) > 10_000
