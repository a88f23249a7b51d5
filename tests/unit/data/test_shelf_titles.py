import pytest

from zhanggui.data.importing.shelf_titles import Mender, spelled, title_of
from zhanggui.data.importing.shelf_words import EMPTY, PHRASES, QUALIFIERS, WORDS


@pytest.mark.parametrize(
    ("kind", "category", "title"),
    [
        ("PREMIUM PINTS", "ICE CREAM/MILK/SHERBTS", "Premium pints ice cream"),
        ("TUNA", "SEAFOOD - SHELF STABLE", "Tuna, seafood"),
        ("CREAM CHEESE", "CHEESE", "Cream cheese"),
        ("MEAT: TURKEY BULK", "DELI MEATS", "Turkey bulk meat"),
        ("POTATOES RUSSET (BULK&BAG)", "POTATOES", "Potatoes russet"),
        ("CANDY BARS (SINGLES)(INCLUDING", "CANDY - CHECKLANE", "Candy bars"),
        ("SFT DRNK SNGL SRV BTL CARB (EX", "SOFT DRINKS", "Soft drink single serve bottle carbonated"),
        ("FRZN FRENCH FRIES", "FRZN POTATOES", "Frozen French fries"),
        ("GREEN TEA", "COUPON/MISC ITEMS", "Green tea"),
        ("", "PAPER TOWELS", "Paper towels"),
        ("", "", "Grocery"),
    ],
)
def test_titles_are_words(kind, category, title):
    kind = Mender([]).mend(kind)
    assert title_of(kind, category, "GROCERY", "", store_brand=False) == title


def test_sizes_and_store_brands_follow():
    title = title_of("BUTTER", "BUTTER", "GROCERY", "1 LB", store_brand=True)
    assert title == "Butter, 1 lb, store brand"


def test_a_word_cut_off_is_completed_from_its_neighbours_or_left_out():
    mender = Mender(["FRZN BREAKFAST SANDWICHES", "SANDWICHES", "SANDWICH BAGS", "WHITE BREAD"])
    assert mender.mend("FRZN BREAKFAST ENTREES/SANDWIC") == "FRZN BREAKFAST ENTREES/SANDWICHES"
    assert mender.mend("MAINSTREAM WHEAT/MULTIGRAIN QX") == "MAINSTREAM WHEAT/MULTIGRAIN"
    assert mender.mend("SANDWIC") == "SANDWIC"  # not cut: shorter than the column is wide


def test_the_tables_are_in_capitals_and_have_no_shorthand_left():
    assert all(key == key.upper() for key in (*WORDS, *PHRASES, *QUALIFIERS, *EMPTY))
    spelled_out = {word for value in WORDS.values() for word in value.split("~")}
    chained = {word for word in spelled_out if WORDS.get(word.upper(), word.lower()).lower() != word.lower()}
    assert not chained, "an entry leads to another abbreviation"


def test_spelling_twice_changes_nothing_more():
    for text in ("FRZN VEG DSH", "SALD DRSNG/SNDWCH SPRD", "PNT BTR/JELLY/JAMS"):
        assert spelled(spelled(text).upper()) == spelled(text)
