import pytest

from zhanggui.core.ids import ItemId
from zhanggui.core.product import Product
from zhanggui.core.protocols import Change, ChangeKind
from zhanggui.retrieval.index import TantivyIndex
from zhanggui.retrieval.index.footers import is_whole
from zhanggui.retrieval.text.analyser import Analyser

ANALYSER = Analyser()


@pytest.fixture
def folder(tmp_path):
    index = TantivyIndex(tmp_path, analyser=ANALYSER, dim=4)
    index.apply([Change(n, ChangeKind.PRODUCT, ItemId(f"p{n}"), Product(ItemId(f"p{n}"), "tea")) for n in range(9)], 9)
    index.apply([Change(10, ChangeKind.REMOVED, ItemId("p1"))], 10)
    index.close()
    return tmp_path / "text"


def test_what_tantivy_wrote_is_whole(folder, tmp_path):
    assert is_whole(folder) and is_whole(tmp_path / "nothing")
    (folder / "0123456789abcdef0123456789abcdef.store").write_bytes(b"killed while it was writ")
    assert is_whole(folder)


@pytest.mark.parametrize("part", ["fast", "fieldnorm", "idx", "pos", "store", "term", "del"])
def test_one_altered_byte_makes_the_index_anew(folder, part):
    victim = next(folder.glob(f"*.{part}"))
    content = bytearray(victim.read_bytes())
    content[0] ^= 0xFF
    victim.write_bytes(content)
    assert not is_whole(folder)
    index = TantivyIndex(folder.parent, analyser=ANALYSER, dim=4)
    assert (index.position, len(index)) == (0, 0)
    index.close()


def test_files_cut_short_or_gone(folder):
    victim = next(folder.glob("*.term"))
    whole = victim.read_bytes()
    for size in (0, 5, len(whole) - 1):
        victim.write_bytes(whole[:size])
        assert not is_whole(folder)
    victim.unlink()
    assert not is_whole(folder)
    (folder / "meta.json").unlink()
    assert not is_whole(folder)
