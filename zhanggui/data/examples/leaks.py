"""Whether training has seen what it will be judged on."""

from collections.abc import Iterable, Sequence

from zhanggui.core.clock import iso
from zhanggui.core.errors import InputError
from zhanggui.core.ids import Millis
from zhanggui.data.examples.pair import Pair
from zhanggui.data.examples.words import folded


def check_leaks(pairs: Iterable[Pair], *, until: Millis | None = None, judged: Iterable[str] = ()) -> None:
    """Raise InputError when a pair is of `until` or later, or when its left says what a judged query says.

    Two texts say the same when they fold to one (`words.folded`). The catalogue's pairs have no time, but their parts
    of titles may happen to be judged queries: these leak as well.
    """
    secret = {folded(query) for query in judged} - {""}
    late, told = [], []
    for pair in pairs:
        if until is not None and pair.time is not None and pair.time >= until:
            late.append(pair)
        if secret and folded(pair.left) in secret:
            told.append(pair)
    if late and until is not None:
        latest = max(pair.time or Millis(0) for pair in late)
        raise InputError(
            f"{len(late)} training pairs are not from before {iso(until)}; the latest is of {iso(latest)}. "
            "Make the pairs anew from events before the cut: behaviour_pairs(store, until=...)."
        )
    if told:
        raise InputError(
            f"{len(told)} training pairs hold a judged query; the first is {told[0].left!r} ({told[0].kind}). "
            "Leave them out with without_judged(pairs, judged)."
        )


def without_judged(pairs: Sequence[Pair], judged: Iterable[str]) -> list[Pair]:
    """Return the pairs whose left is no judged query, in order.

    >>> from zhanggui.core.ids import ItemId
    >>> from zhanggui.data.examples.pair import PairKind
    >>> pairs = [Pair(left, "red tea", ItemId("1"), PairKind.TITLE) for left in ("Red  TEA", "tea")]
    >>> [pair.left for pair in without_judged(pairs, ["red tea"])]
    ['tea']
    """
    secret = {folded(query) for query in judged} - {""}
    return [pair for pair in pairs if folded(pair.left) not in secret]
