import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import InputError
from zhanggui.core.ids import Millis
from zhanggui.encoders import HashEncoder
from zhanggui.training.tracking import Recorder, Silent, picture_encoder, read_run
from zhanggui.training.tracking.counting import precision_recall

LEFTS = ["明前龙井茶", "white porcelain mug", "wireless earphones", "cotton bed sheets"]
RIGHTS = ["西湖 明前龙井茶 250g", "white porcelain mug with lid", "wireless earphones black", "cotton bed sheets king"]


def test_pairs_that_share_their_words_stand_out(tmp_path):
    recorder = Recorder(tmp_path, clock=FixedClock(Millis(0)))
    picture_encoder(recorder, HashEncoder(), LEFTS, RIGHTS, step=3)
    recorder.close()
    kept = read_run(tmp_path)
    told = kept.curves["dev/told apart"][3]
    assert told.labels.tolist() == [True] * 4 + [False] * 4
    assert precision_recall(told.labels, told.values).average == 1.0
    own, others = (kept.histograms[name][3] for name in ("dev/pairs", "dev/others"))
    assert own.counts.sum() == others.counts.sum() == 4
    assert own.edges.min() > others.edges.max()
    assert kept.embeddings["dev/items"].labels.tolist() == RIGHTS
    assert kept.embeddings["dev/items"].values.shape == (4, HashEncoder().dim)


@pytest.mark.parametrize(("lefts", "rights"), [([], []), (["a"], ["b"]), (["a", "b"], ["c"])])
def test_what_is_no_pairs_is_refused(lefts, rights):
    with pytest.raises(InputError, match="at least 2"):
        picture_encoder(Silent(), HashEncoder(), lefts, rights, step=1)
