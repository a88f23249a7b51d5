import pytest

from zhanggui.data.aside import make_way


def test_a_folder_is_put_aside_with_what_is_in_it(tmp_path, caplog):
    for number in (1, 2):
        (tmp_path / "file.npz").mkdir()
        (tmp_path / "file.npz" / "note").write_text(str(number))
        make_way(tmp_path / "file.npz")
    kept = {path.name: (path / "note").read_text() for path in tmp_path.iterdir()}
    assert kept == {"file.npz.aside-1": "1", "file.npz.aside-2": "2"}
    assert "file.npz.aside-2" in caplog.text


@pytest.mark.parametrize("kind", ["nothing", "file", "link"])
def test_what_is_no_folder_stays(tmp_path, kind):
    place = tmp_path / "place"
    if kind == "file":
        place.write_text("x")
    elif kind == "link":
        (tmp_path / "folder").mkdir()
        place.symlink_to("folder")
    before = sorted(path.name for path in tmp_path.iterdir())
    make_way(place)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
