import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from zhanggui.core.errors import ConfigError
from zhanggui.training.language.export.words import kept_ids, pruned, scripts_of

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
LETTERS = list("▁abcde茶绿")
WHOLE = ["▁ab", "▁abc", "cd", "de", "▁绿茶", "绿茶", "bcd"]
SCORES = [0.0] * 4 + [-9.0 - row / 8 for row in range(len(LETTERS))] + [-3.0 - row / 4 for row in range(len(WHOLE))]


def unigram():
    pieces = list(zip([*SPECIAL, *LETTERS, *WHOLE], SCORES, strict=True))
    tokenizer = Tokenizer(models.Unigram(pieces, 3, False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def word_piece():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abc", *(f"##{c}" for c in "abc"), "abc", "##bc", "cab"]
    tokenizer = Tokenizer(models.WordPiece({piece: row for row, piece in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(["[CLS]", "[SEP]", "[PAD]"])
    return tokenizer


@pytest.mark.parametrize("make", [unigram, word_piece])
def test_texts_of_the_corpus_are_cut_as_before(make):
    before = make()
    corpus = ["abc cd", "abcd"]
    kept = kept_ids(before, corpus, frequent=0)
    after = pruned(before, kept)
    assert len(kept) < before.get_vocab_size()
    for text in corpus:
        assert kept[after.encode(text).ids].tolist() == before.encode(text).ids
        assert after.encode(text).tokens == before.encode(text).tokens


def test_a_piece_that_went_falls_apart_and_is_not_unknown():
    after = pruned(unigram(), kept_ids(unigram(), ["abc"], frequent=0))
    assert unigram().encode("绿茶").tokens == ["<s>", "▁绿茶", "</s>"]
    assert after.encode("绿茶").tokens == ["<s>", "▁", "绿", "茶", "</s>"]
    assert pruned(word_piece(), kept_ids(word_piece(), ["a"])).encode("cab").tokens == [
        "[CLS]",
        "c",
        "##a",
        "##b",
        "[SEP]",
    ]


@given(st.text("abcde茶绿 ", max_size=12))
def test_no_text_of_known_characters_is_unknown(text):
    after = pruned(unigram(), kept_ids(unigram(), ["cd"], frequent=1))
    assert "<unk>" not in after.encode(text).tokens
    assert len(after.encode(text).ids) >= len(unigram().encode(text).ids)


def test_the_most_frequent_and_the_least_frequent_stay():
    kept = set(kept_ids(unigram(), [], frequent=5).tolist())
    assert {*range(4), SCORES.index(-3.0), SCORES.index(min(SCORES))} <= kept


def test_an_unknown_character_is_unknown_before_and_after():
    after = pruned(unigram(), kept_ids(unigram(), [], frequent=0))
    assert after.encode("z").ids[1:-1] == [after.token_to_id("▁"), after.token_to_id("<unk>")]


def test_what_cannot_be_pruned_is_named():
    with pytest.raises(ConfigError, match="Words of a BPE tokenizer cannot be pruned. Allowed: Unigram, WordPiece"):
        kept_ids(Tokenizer(models.BPE({"a": 0}, [])), ["a"])
    with pytest.raises(ConfigError, match=r"Special pieces must be kept. Missing ids: \[0, 1, 2\]"):
        pruned(unigram(), np.array([3, 5, 6]))


def test_all_pieces_of_the_scripts_that_a_shop_speaks_stay():
    kept = kept_ids(unigram(), ["abc"], frequent=0, scripts={"ASCII"})
    pieces = [*SPECIAL, *LETTERS, *WHOLE]
    said = {pieces[row] for row in kept}
    assert {"cd", "de", "bcd", "▁ab"} <= said and not {"▁绿茶", "绿茶"} & said
    assert {"绿茶", "▁绿茶", "cd"} <= {
        pieces[row] for row in kept_ids(unigram(), [], frequent=0, scripts={"ASCII", "CJK"})
    }


def test_scripts_are_those_of_the_texts_and_always_english_and_chinese():
    assert scripts_of([]) == {"ASCII", "CJK"}
    assert scripts_of(["茶" * 2000 + "é"]) == {"ASCII", "CJK"}, "one letter is no language"
    assert scripts_of(["お茶 セット", "1,5 €"]) == {"ASCII", "CJK", "HIRAGANA", "KATAKANA"}
