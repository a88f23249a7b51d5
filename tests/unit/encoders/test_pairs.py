from tokenizers import Tokenizer, models, pre_tokenizers, processors

from zhanggui.encoders.pairs import pair_tokens, with_pairs

WORDS = ["<s>", "<pad>", "</s>", "<unk>", *"abcdefgh"]


def tokenizer(**template):
    made = Tokenizer(models.WordLevel({word: row for row, word in enumerate(WORDS)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)], **template
    )
    return made


def words(pair):
    return " ".join(WORDS[row] for row in pair.ids)


def joined(made, left, *texts, longest=99):
    return pair_tokens(with_pairs(made), left, texts, max_length=longest)


def test_a_template_for_single_texts_joins_pairs_as_roberta_does():
    pairs = joined(tokenizer(), "a b", "c", "")
    assert [words(pair) for pair in pairs] == ["<s> a b </s> </s> c </s>", "<s> a b </s> </s> </s>"]
    assert pairs[0].types == [0] * 7


def test_a_template_for_pairs_stays():
    (pair,) = joined(tokenizer(pair="<s> $A </s> $B:1 </s>:1"), "a b", "c d")
    assert words(pair) == "<s> a b </s> c d </s>"
    assert pair.types == [0, 0, 0, 0, 1, 1, 1]


def test_the_text_is_cut_and_not_the_query():
    (pair,) = joined(tokenizer(), "a b", "c d e f g h", longest=9)
    assert words(pair) == "<s> a b </s> </s> c d e </s>"


def test_a_query_longer_than_half_is_cut_so_that_the_text_is_read():
    (pair,) = joined(tokenizer(), "a b c d e f", "g h a b", longest=10)
    assert words(pair) == "<s> a b c </s> </s> g h a </s>"


def test_the_tokenizer_given_is_left_as_it_was():
    given = tokenizer()
    given.enable_truncation(3)
    before = given.to_str()
    joined(given, "a b c d e", "f g h")
    assert given.to_str() == before
