"""Two texts as one sequence of tokens, as the tokenizer's template joins them; the trainer and the shop use this."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer, processors


@dataclass(frozen=True, slots=True)
class PairTokens:
    """Ids and token types of one sequence."""

    ids: list[int]
    types: list[int]


def pair_tokens(tokenizer: Tokenizer, left: str, texts: Sequence[str], *, max_length: int) -> list[PairTokens]:
    """Join `left` with each text, at most `max_length` tokens: the text is cut; `left` too, beyond half of the room.

    The tokenizer must be one of `with_pairs` and must not cut by itself.
    """
    room = max(2, max_length - tokenizer.num_special_tokens_to_add(True))
    first = tokenizer.encode(left, add_special_tokens=False)
    first.truncate(min(len(first.ids), room // 2))
    joined = []
    for text in texts:
        second = tokenizer.encode(text, add_special_tokens=False)
        second.truncate(min(len(second.ids), room - len(first.ids)))
        whole = tokenizer.post_process(first, second)
        joined.append(PairTokens(list(whole.ids), list(whole.type_ids)))
    return joined


def with_pairs(tokenizer: Tokenizer) -> Tokenizer:
    """Return a copy that joins pairs: as its template says, else as RoBERTa does (`<s> a </s></s> b </s>`).

    Token types are those of the template: BERT's own are 0 and 1, RoBERTa's and those added here all 0.
    """
    parts = json.loads(tokenizer.to_str())
    parts["padding"] = parts["truncation"] = None
    copy = Tokenizer.from_str(json.dumps(parts))
    template = parts["post_processor"] or {}
    if template.get("type") == "TemplateProcessing" and not _joins(template):
        first, last = (step["SpecialToken"]["id"] for step in (template["single"][0], template["single"][-1]))
        copy.post_processor = processors.TemplateProcessing(
            single=f"{first} $A {last}",
            pair=f"{first} $A {last} {last} $B:0 {last}",
            special_tokens=[(name, copy.token_to_id(name)) for name in (first, last)],
        )
    return copy


def _joins(template: dict[str, list[dict[str, object]]]) -> bool:
    return any("SpecialToken" in step for step in template["pair"])
