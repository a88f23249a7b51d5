"""The tokenizer of XLM-R (Conneau et al. 2020): SentencePiece Unigram (Kudo 2018) over 250,002 pieces.

SentencePiece's normaliser `nmt_nfkc` is written here as rules: some control characters vanish, blanks of every kind
become a space, NFKC, but the full-width tilde stays. A test compares the rules with the table in the weights file.
Runs of characters without a piece are one unknown token, as in SentencePiece.
"""

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from zhanggui.encoders.e5_file import E5File

_GONE = [*range(0x01, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F, 0x8F, 0x9F]
_BLANK = [0x09, 0x0A, 0x0C, 0x0D, 0x1680, *range(0x200B, 0x2010), 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD]
_TILDE, _STAND_IN = "\uff5e", "\ufffe"  # the stand-in is a noncharacter: no text may hold it


def build_tokenizer(weights: E5File) -> Tokenizer:
    """Return a tokenizer that puts `<s>` before and `</s>` after; faster than reading a `tokenizer.json` (0.7 s)."""
    config, pieces = weights.config, weights.pieces
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, weights.scores, strict=True)), config.unk, False))
    tokenizer.normalizer = _normaliser()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    bos, eos = pieces[config.bos], pieces[config.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", special_tokens=[(bos, config.bos), (eos, config.eos)]
    )
    return tokenizer


def _normaliser() -> normalizers.Normalizer:
    return normalizers.Sequence(
        [
            normalizers.Replace(_any_of(_GONE), ""),
            normalizers.Replace(_any_of(_BLANK), " "),
            normalizers.Replace(_TILDE, _STAND_IN),
            normalizers.NFKC(),
            normalizers.Replace(_STAND_IN, _TILDE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )


def _any_of(points: list[int]) -> Regex:
    return Regex("[" + "".join(f"\\x{{{point:x}}}" for point in points) + "]")
