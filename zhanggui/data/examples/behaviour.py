"""Everything that a shop's behaviour teaches a language model, up to a moment."""

from zhanggui.core.ids import Millis
from zhanggui.core.protocols import Store
from zhanggui.data.examples.histories import history_pairs
from zhanggui.data.examples.pair import Pair
from zhanggui.data.examples.queries import query_pairs
from zhanggui.data.examples.texts import Texts
from zhanggui.data.examples.together import together_pairs


def behaviour_pairs(store: Store, *, until: Millis, seed: int = 0) -> list[Pair]:
    """Return (query → item taken), (title → item bought with or after it) and (history → next item), by time.

    Nothing that happened at `until` or later is looked at, neither for the pairs nor for what bounds their number.
    """
    texts = Texts.of(store.all_products())
    pairs = [
        *query_pairs(store, texts, until=until),
        *together_pairs(store, texts, until=until, seed=seed),
        *history_pairs(store, texts, until=until),
    ]
    return sorted(pairs, key=lambda pair: (pair.time or 0, pair.kind, pair.item, pair.left))
