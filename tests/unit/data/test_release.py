import pytest

from zhanggui.core.clock import FixedClock
from zhanggui.core.errors import ReleaseError
from zhanggui.data.release import Facts, current, open_release, promote, releases, rollback, usable, write_release

CLOCK = FixedClock(1000)


def fill(folder):
    (folder / "model.npz").write_bytes(b"weights")
    (folder / "deep").mkdir()
    (folder / "deep/words.txt").write_text("茶")
    return Facts(data_from=1, data_until=2, settings={"k": 3}, metrics={"ndcg@10": 0.5})


def make(home, name, *, at=1000):
    return write_release(home, name=name, clock=FixedClock(at), fill=fill)


def test_a_release_comes_back_as_it_was_written(tmp_path):
    written = make(tmp_path, "r1")
    opened = open_release(tmp_path, "r1")
    assert opened == written and opened.path == tmp_path / "releases/r1"
    manifest = opened.manifest
    assert (manifest.created, manifest.data_until, manifest.settings) == (1000, 2, {"k": 3})
    assert sorted(manifest.files) == ["deep/words.txt", "model.npz"] and len(manifest.files["model.npz"]) == 64


def test_the_same_content_makes_the_same_release_byte_for_byte(tmp_path):
    one, two = (make(tmp_path / home, "r").path / "manifest.json" for home in "ab")
    assert one.read_bytes() == two.read_bytes()


def test_what_fails_half_way_leaves_nothing(tmp_path):
    def fails(folder):
        (folder / "half").write_text("x")
        raise ValueError("no more data")

    with pytest.raises(ValueError, match="no more data"):
        write_release(tmp_path, name="r1", clock=CLOCK, fill=fails)
    assert list((tmp_path / "releases").iterdir()) == [] and releases(tmp_path) == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "current", "CURRENT", ".hidden", "a b"])
def test_names_that_could_leave_the_folder_are_refused(tmp_path, name):
    with pytest.raises(ReleaseError, match="cannot name a Release"):
        make(tmp_path, name)


def test_a_release_never_changes(tmp_path):
    make(tmp_path, "r1")
    with pytest.raises(ReleaseError, match="never change"):
        make(tmp_path, "r1")


def test_an_altered_or_missing_file_is_found(tmp_path):
    release = make(tmp_path, "r1")
    (release.path / "model.npz").write_bytes(b"Weights")
    with pytest.raises(ReleaseError, match=r"altered: model\.npz"):
        open_release(tmp_path, "r1")
    (release.path / "model.npz").unlink()
    with pytest.raises(ReleaseError, match=r"torn: model\.npz"):
        promote(tmp_path, "r1")
    assert current(tmp_path) == ""


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 99}', '{"format": 1, "name": "r1"}'])
def test_a_broken_manifest_is_an_error_with_a_cure(tmp_path, content):
    release = make(tmp_path, "r1")
    (release.path / "manifest.json").write_text(content)
    with pytest.raises(ReleaseError, match="zhanggui train"):
        open_release(tmp_path, "r1")


def test_promote_and_rollback(tmp_path):
    with pytest.raises(ReleaseError, match="no Release in use"):
        open_release(tmp_path)
    for at, name in enumerate(("b", "a", "c")):
        make(tmp_path, name, at=at)
        promote(tmp_path, name)
    assert [manifest.name for manifest in releases(tmp_path)] == ["b", "a", "c"]
    assert open_release(tmp_path).manifest.name == current(tmp_path) == "c"
    assert rollback(tmp_path).manifest.name == "a" and rollback(tmp_path).manifest.name == "b"
    with pytest.raises(ReleaseError, match="no Release before 'b'"):
        rollback(tmp_path)
    promote(tmp_path, "c")
    assert rollback(tmp_path).manifest.name == "b"


def test_an_unknown_release_is_named_beside_the_known(tmp_path):
    make(tmp_path, "r1")
    with pytest.raises(ReleaseError, match=r"No Release 'r2'.*Known: r1"):
        open_release(tmp_path, "r2")


def test_a_shop_falls_back_to_the_release_before_a_torn_one(tmp_path, caplog):
    for name in ("r1", "r2"):
        make(tmp_path, name)
        promote(tmp_path, name)
    (tmp_path / "releases/r2/model.npz").write_bytes(b"altered")
    assert usable(tmp_path).manifest.name == "r1"
    assert "r2" in caplog.text and "zhanggui train" in caplog.text and current(tmp_path) == "r2"
    (tmp_path / "releases/r1/model.npz").unlink()
    assert usable(tmp_path) is None


def test_a_torn_manifest_hides_no_other_release(tmp_path, caplog):
    make(tmp_path, "r1")
    make(tmp_path, "r2").path.joinpath("manifest.json").write_bytes(b"{")
    assert [manifest.name for manifest in releases(tmp_path)] == ["r1"] and "r2" in caplog.text


def test_a_list_of_use_that_cannot_be_read_is_none_until_one_is_chosen(tmp_path, caplog):
    make(tmp_path, "r1")
    (tmp_path / "releases/CURRENT").write_bytes(b"\xff\xfe")
    assert usable(tmp_path) is None and "releases --promote" in caplog.text
    promote(tmp_path, "r1")
    assert usable(tmp_path).manifest.name == "r1"


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "releases").write_text("a file where a folder should be")
    with pytest.raises(ReleaseError, match="Make room"):
        make(tmp_path, "r1")
