import pytest

from zhanggui.core.errors import InputError
from zhanggui.data.datasets import read_judgments, read_sequences
from zhanggui.data.splits import leave_one_out


def write(path, text):
    path.write_text(text, "utf-8")
    return path


def test_sequences_keep_the_order_of_the_line(tmp_path):
    log = read_sequences(write(tmp_path / "s.txt", "9 c a b a\n10\tb c\n\n8\n"))
    assert log.users.ids == ("10", "8", "9") and log.items.ids == ("a", "b", "c")
    assert log.user.tolist() == [0, 0, 2, 2, 2, 2] and log.item.tolist() == [1, 2, 2, 0, 1, 0]
    assert leave_one_out(log).users == ("9",)


def test_a_user_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="line 2: user '1'"):
        read_sequences(write(tmp_path / "s.txt", "1 a\n1 b\n"))


def test_judgments_are_read(tmp_path):
    queries = write(tmp_path / "q.tsv", "1\t毛衣 绿色\n2\ttea\n")
    judgments = read_judgments(queries, write(tmp_path / "qrels", "1 0 a 3\n1\t0\tb\t0\n\n2 0 a 0.5\n"))
    assert judgments.queries == {"1": "毛衣 绿色", "2": "tea"}
    assert judgments.grades == {"1": {"a": 3.0, "b": 0.0}, "2": {"a": 0.5}}


@pytest.mark.parametrize(
    ("queries", "qrels", "fact"),
    [
        ("1 tea\n", "", "q.tsv, line 1: '1 tea' is not"),
        ("1\ttea\n1\tmug\n", "", "q.tsv, line 2: query '1'"),
        ("1\ttea\n", "1 0 a 1\n1 a 1\n", "qrels, line 2"),
        ("1\ttea\n", "1 0 a good\n", "qrels, line 1"),
        ("1\ttea\n", "1 0 a -1\n", "grade -1 is outside"),
        ("1\ttea\n", "1 0 a nan\n", "grade nan is outside"),
        ("1\ttea\n", "2 0 a 1\n", "query '2' has no text"),
        ("1\ttea\n", "1 0 a 1\n1 0 a 2\n", "qrels, line 2: 'a' is judged already"),
    ],
)
def test_errors_name_file_and_line(tmp_path, queries, qrels, fact):
    with pytest.raises(InputError, match=fact):
        read_judgments(write(tmp_path / "q.tsv", queries), write(tmp_path / "qrels", qrels))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_sequences(tmp_path / "no.txt")


@pytest.mark.devdata
def test_the_known_size_of_beauty(dev_data):
    log = read_sequences(dev_data / "s3rec_ids/Beauty.txt")
    assert (len(log.users), len(log.items), len(log)) == (22_363, 12_101, 198_502)
