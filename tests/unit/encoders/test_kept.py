from concurrent.futures import ThreadPoolExecutor

import pytest

from zhanggui.core.errors import ConfigError
from zhanggui.encoders.kept import file_digest, kept_file


class Maker:
    def __init__(self, content=b"graph"):
        self.calls, self.content = 0, content

    def __call__(self):
        self.calls += 1
        return self.content


def test_a_file_is_made_once(tmp_path):
    make = Maker()
    first, second = (kept_file(tmp_path / "new", "model", ".onnx", make) for _ in range(2))
    assert first == second and first.read_bytes() == b"graph" and make.calls == 1
    assert first.name == f"model.{file_digest(first)}.onnx"


@pytest.mark.parametrize("wrong", [b"", b"gra", b"grapH", b"graph and more"])
def test_a_torn_or_altered_file_is_made_anew(tmp_path, wrong):
    path = kept_file(tmp_path, "model", ".onnx", Maker())
    path.write_bytes(wrong)
    make = Maker()
    assert kept_file(tmp_path, "model", ".onnx", make).read_bytes() == b"graph" and make.calls == 1


def test_other_stems_are_left_alone_and_nothing_else_stays_behind(tmp_path):
    kept_file(tmp_path, "model-1", ".onnx", Maker(b"one"))
    kept_file(tmp_path, "model-2", ".onnx", Maker(b"two"))
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == [b"one", b"two"]


def test_a_maker_that_fails_leaves_nothing(tmp_path):
    def fail():
        raise KeyError("weights")

    with pytest.raises(KeyError):
        kept_file(tmp_path, "model", ".onnx", fail)
    assert list(tmp_path.iterdir()) == []


def test_many_at_once_agree(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: kept_file(tmp_path, "model", ".onnx", Maker()), range(16)))
    assert len(paths) == 1 and paths.pop().read_bytes() == b"graph"


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="Cannot keep model.*Make the folder writable"):
        kept_file(tmp_path / "file" / "cache", "model", ".onnx", Maker())
