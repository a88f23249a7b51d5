"""What a language model of a shop learns from: catalogue, behaviour, raw queries; and what looks right and is not."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from zhanggui.app.build import current_release, fusion_of, shop_encoder
from zhanggui.app.probing import probe_index, vectors_of
from zhanggui.app.settings import Settings
from zhanggui.core.clock import SystemClock
from zhanggui.core.errors import InputError
from zhanggui.core.ids import ItemId, Millis
from zhanggui.core.interactions import Judgments
from zhanggui.core.protocols import CatalogueIndex, Encoder, Store
from zhanggui.data.examples.behaviour import behaviour_pairs
from zhanggui.data.examples.catalogue import catalogue_pairs
from zhanggui.data.examples.leaks import check_leaks, without_judged
from zhanggui.data.examples.pair import Pair, PairKind
from zhanggui.data.examples.pseudo import pseudo_pairs
from zhanggui.data.examples.splits import Parts, split
from zhanggui.data.examples.texts import Texts
from zhanggui.data.examples.words import folded
from zhanggui.training.negatives import Masks, Negatives, Rights, by_meaning, by_words, joined, rights_of
from zhanggui.training.teachers import SearchTeacher

Told = Callable[[str, int, int], None]

NEGATIVES = 4
"""Mined for each pair; training draws of them."""

FEWEST = 400
"""Pairs, however small the budget."""

QUERIES_A_MINUTE = 500
"""Of a longer log as many raw queries are looked up, drawn evenly."""

_LEAST, _LEAD = 0.35, 0.02
"""Of the fused score (0.6 at most) for a raw query's best item, and its lead over the next one, to be learnt from."""

_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is trained, and on what.

    `base` by name or folder; `minutes` of training; events before `until`; judged queries to keep apart; `query_log`,
    raw queries, one a line. More than `pairs_a_minute` of budget are not read, and so not mined.
    `passages`: the side of items is trained as well, so that all their vectors are made anew.
    """

    base: str
    minutes: float
    seed: int
    until: Millis | None = None
    judgments: Judgments | None = None
    query_log: Path | None = None
    pairs_a_minute: int = 600
    passages: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """Pairs to learn from, to choose by and to be judged on; for each of the first, passages that are wrong for it.

    `rights` is what is right for each left text, of all pairs; `items` names an item for each passage. `asked` are all
    raw queries, judged ones apart: what shoppers write, whoever knows the answers; `dropped` counts those that were not
    learnt from, by reason.
    """

    parts: Parts
    negatives: Negatives
    rights: Rights
    items: Mapping[str, ItemId]
    asked: Sequence[str] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Return how many pairs of each kind are learnt from, and what became of the raw queries."""
        kinds = Counter(pair.kind.value for pair in self.parts.train)
        left_out = {f"raw queries left out: {reason}": count for reason, count in sorted(self.dropped.items())}
        return {f"{kind} pairs": count for kind, count in sorted(kinds.items())} | left_out


def gather_pairs(store: Store, lesson: Lesson) -> Material:
    """Make pairs of catalogue and behaviour alone, without wrong passages. Raises InputError where they are too few."""
    return _material(_parted(store, lesson, []), lesson, Texts.of(store.all_products()), Counter())


def gather(settings: Settings, store: Store, lesson: Lesson, *, told: Told) -> Material:
    """Make pairs, those of raw queries among them, and mine negatives with the shop's own search as it stands.

    Raises InputError with too little to learn from.
    """
    encoder = shop_encoder(settings)
    texts = Texts.of(store.all_products())
    dropped: Counter[str] = Counter()
    with probe_index(settings, store, encoder, tick=lambda done, steps: told("meaning", done, steps)) as probe:
        raw = _raw_pairs(settings, lesson, probe.index, encoder, texts, dropped, told)
        material = _material(_parted(store, lesson, raw), lesson, texts, dropped)
        negatives = mined(settings, material.parts.train, material, probe.index, encoder, texts, told)
    return replace(material, negatives=negatives)


def _material(parts: Parts, lesson: Lesson, texts: Texts, dropped: Counter[str]) -> Material:
    rights = rights_of([*parts.train, *parts.dev, *parts.test])
    most = max(FEWEST, round(lesson.pairs_a_minute * lesson.minutes))
    items: dict[str, ItemId] = {}
    for item, text in texts.passages.items():
        items.setdefault(text, item)
    few = Parts(within(parts.train, most, lesson.seed), parts.dev, parts.test)
    return Material(few, [], rights, items, _asked(lesson), dropped)


def _asked(lesson: Lesson) -> list[str]:
    secret = {folded(text) for text in lesson.judgments.queries.values()} if lesson.judgments else set()
    return [text for text in read_queries(lesson.query_log) if folded(text) not in secret] if lesson.query_log else []


def _parted(store: Store, lesson: Lesson, raw: Sequence[Pair]) -> Parts:
    judged = list(lesson.judgments.queries.values()) if lesson.judgments else []
    until = lesson.until if lesson.until is not None else SystemClock().now()
    pairs = catalogue_pairs(list(store.all_products()), seed=lesson.seed)
    pairs += behaviour_pairs(store, until=until, seed=lesson.seed)
    pairs = without_judged([*pairs, *raw], judged)
    check_leaks(pairs, until=until, judged=judged)
    parts = split(pairs, seed=lesson.seed)
    if not parts.train or not parts.dev:
        raise InputError(
            f"{len(pairs)} pairs are too few to learn from and to judge by; some hundred products with titles of "
            "several words are enough. Run: zhanggui import products FILE"
        )
    return parts


def within(pairs: Sequence[Pair], most: int, seed: int) -> list[Pair]:
    """Return at most so many pairs in their order: of each kind the same number, as far as it has them.

    >>> kinds = [PairKind.TITLE] * 9 + [PairKind.QUERY] * 2
    >>> pairs = [Pair(str(n), "tea", ItemId("1"), kind) for n, kind in enumerate(kinds)]
    >>> Counter(pair.kind.value for pair in within(pairs, 6, 0))
    Counter({'title': 4, 'query': 2})
    """
    order = np.random.default_rng(seed).permutation(len(pairs)).tolist()
    waiting: defaultdict[PairKind, list[int]] = defaultdict(list)
    for row in order:
        waiting[pairs[row].kind].append(row)
    chosen: list[int] = []
    while waiting and len(chosen) < most:
        share = max(1, (most - len(chosen)) // len(waiting))
        for kind in sorted(waiting):
            chosen += waiting[kind][: min(share, most - len(chosen))]
            del waiting[kind][:share]
        waiting = defaultdict(list, {kind: rows for kind, rows in waiting.items() if rows})
    return [pairs[row] for row in sorted(chosen)]


def _raw_pairs(
    settings: Settings,
    lesson: Lesson,
    index: CatalogueIndex,
    encoder: Encoder | None,
    texts: Texts,
    dropped: Counter[str],
    told: Told,
) -> list[Pair]:
    """Return pairs of the raw queries that the shop's own search is sure about."""
    if lesson.query_log is None:
        return []
    judged = lesson.judgments.queries.values() if lesson.judgments else ()
    teacher = SearchTeacher(index, encoder, fuse=fusion_of(current_release(settings.home)))
    queries = read_queries(lesson.query_log)
    most = round(QUERIES_A_MINUTE * lesson.minutes)
    rows = np.sort(np.random.default_rng(lesson.seed).permutation(len(queries))[:most])
    watched = _watched([queries[row] for row in rows], told)
    return pseudo_pairs(watched, teacher, texts, least=_LEAST, margin=_LEAD, judged=judged, dropped=dropped)


def _watched(queries: Sequence[str], told: Told) -> Iterator[str]:
    for done, query in enumerate(queries):
        if done % _CHUNK == 0:
            told("queries", done, len(queries))
        yield query


def read_queries(path: Path) -> list[str]:
    """Return the raw queries of a file, one a line; of a line with tabs the last column. Raises InputError."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as fault:
        raise InputError(
            f"{path} cannot be read: {fault.strerror}. Give --query-log a file of one query a line."
        ) from fault
    except UnicodeDecodeError as fault:
        raise InputError(f"{path} is not UTF-8 (byte {fault.start}). Save it as UTF-8: one query a line.") from fault
    queries = [query for line in lines if (query := line.rpartition("\t")[2].strip())]
    if not queries:
        raise InputError(f"{path} has no query. Give --query-log a file of one query a line.")
    return queries


def mined(
    settings: Settings,
    pairs: Sequence[Pair],
    material: Material,
    index: CatalogueIndex,
    encoder: Encoder | None,
    texts: Texts,
    told: Told,
) -> Negatives:
    """Return for each pair what words and meaning find and is not right, in turns."""
    items, vectors = vectors_of(settings, texts.passages, encoder) if encoder else ([], np.empty((0, 0), np.float32))
    mined: Negatives = []
    masks = Masks(rights=material.rights)
    for first in range(0, len(pairs), _CHUNK):
        told("negatives", first, len(pairs))
        some = pairs[first : first + _CHUNK]
        found = [by_words(some, index, texts, count=NEGATIVES, masks=masks)]
        if encoder is not None:
            found.append(by_meaning(some, encoder, items, vectors, texts, count=NEGATIVES, masks=masks))
        mined += joined(*found, count=NEGATIVES)
    return mined
