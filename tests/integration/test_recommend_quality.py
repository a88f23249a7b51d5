"""Published sets, leave-one-out, full ranking: fit on s[:-2], test on s[-1] with s[:-1] as history."""

import numpy as np
import pytest

from zhanggui.data.datasets import read_sequences
from zhanggui.data.splits import leave_one_out
from zhanggui.evaluation.ranking import evaluate
from zhanggui.models.popularity import Popularity
from zhanggui.models.sequence_knn import SequenceKnn

PUBLISHED = {"Beauty": (0.0068, 0.0152), "Toys_and_Games": (0.0061, 0.0113)}
NEIGHBOURS = {"Beauty": 0.046, "Toys_and_Games": 0.058}


@pytest.fixture(scope="module", params=PUBLISHED)
def named(request, dev_data):
    return request.param, read_sequences(dev_data / "s3rec_ids" / f"{request.param}.txt")


@pytest.mark.devdata
@pytest.mark.slow
def test_the_published_popularity_counted_the_tested_items(named):
    name, log = named
    row = evaluate({"popularity": Popularity().fit(log)}, leave_one_out(log)).rows[0]
    assert (row.metrics["ndcg@10"], row.metrics["hr@10"]) == pytest.approx(PUBLISHED[name], abs=0.0005)


@pytest.mark.devdata
@pytest.mark.slow
def test_directed_neighbours_beat_the_published_transformers(named):
    name, log = named
    split = leave_one_out(log)
    rows = evaluate({"sequence": SequenceKnn().fit(split.train), "popular": Popularity().fit(split.train)}, split).rows
    assert rows[0].metrics["ndcg@10"] >= NEIGHBOURS[name]
    assert rows[1].metrics["ndcg@10"] < PUBLISHED[name][0], "without the tested items popularity is weaker"
    assert np.isclose(rows[0].metrics["recall@10"], rows[0].metrics["hr@10"])
