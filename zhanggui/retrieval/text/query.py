"""What a shopper typed, understood: words to find, phrases that must stand together, words that must be absent."""

import re
from dataclasses import dataclass
from itertools import pairwise

from zhanggui.retrieval.text.analyser import Analyser, Tokens
from zhanggui.retrieval.text.normalise import normalise
from zhanggui.retrieval.text.scan import Word, runs

MAX_UNITS = 32
"""Words of a query beyond these do not count towards a match: nobody types them, and each costs time."""

_CLAUSE = re.compile(
    r"""(?P<minus>(?<![^\s])[-−－])?(?:"(?P<a>[^"]+)"|“(?P<b>[^”]+)”|「(?P<c>[^」]+)」|『(?P<d>[^』]+)』|＂(?P<e>[^＂]+)＂)
    |(?<![^\s])[-−－](?P<word>[^\s\-"“「『＂]\S*)""",
    re.VERBOSE,
)
_IDLE = frozenset(
    "a an and are as at by for from in is it of on or that the to with your "
    "的 了 和 与 及 之 或 在 是 我 你 您 有 吗 呢 吧 啊".split()
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing asked for: a product has it if it holds all of `terms`, or `phrase` as consecutive atoms."""

    terms: tuple[str, ...]
    phrase: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart. `text` is what is asked for in plain words (an encoder reads this), `tokens` score.

    A product matches when it has enough of `units`, every phrase of `phrases` and nothing of `excluded`.
    """

    text: str
    tokens: Tokens
    units: tuple[Unit, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[Unit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.units or self.phrases or self.excluded)


def parse(text: str, analyser: Analyser) -> Query:
    """Understand a query: "…", “…” and 「…」 mark phrases, a minus before a word or a phrase excludes it.

    >>> query = parse("绿茶 “明前龙井” -礼盒", Analyser())
    >>> query.text, query.phrases, query.excluded
    ('绿茶 明前龙井', (('明', '前', '龙', '井'),), (Unit(terms=('礼盒',), phrase=()),))
    """
    wanted, quoted, unwanted = _clauses(text)
    plain = normalise(wanted)
    phrases = (analyser.tokens(phrase).atoms for phrase in quoted)
    excluded = (unit for clause, exact in unwanted for unit in _absent(clause, exact, analyser))
    return Query(
        plain,
        analyser.tokens_of(plain),
        _units(plain, analyser),
        tuple(dict.fromkeys(filter(None, phrases))),
        tuple(dict.fromkeys(excluded)),
    )


def plain_text(text: str) -> str:
    """Return what a query asks for in plain words: quotes opened, exclusions left out.

    >>> plain_text('"green tea" -bags')
    'green tea'
    """
    return normalise(_clauses(text)[0])


def _clauses(text: str) -> tuple[str, list[str], list[tuple[str, bool]]]:
    """Return the wanted text, the phrases in it, and what is unwanted (with True where it was quoted)."""
    phrases: list[str] = []
    unwanted: list[tuple[str, bool]] = []

    def take(match: re.Match[str]) -> str:
        quoted = next(filter(None, match.group("a", "b", "c", "d", "e")), "")
        if match["word"]:
            unwanted.append((match["word"], False))
        elif match["minus"]:
            unwanted.append((quoted, True))
        else:
            phrases.append(quoted)
            return f" {quoted} "
        return " "

    return _CLAUSE.sub(take, text), phrases, unwanted


def _units(plain: str, analyser: Analyser) -> tuple[Unit, ...]:
    """Return the things asked for, without words that say nothing (unless there are no others)."""
    units: dict[Unit, None] = {}
    for run in runs(plain):
        pieces = [_unit(run, analyser)] if isinstance(run, Word) else map(_chinese, analyser.chinese(run))
        units.update(dict.fromkeys(pieces))
    telling = [unit for unit in units if unit.terms[0] not in _IDLE]
    return tuple((telling or list(units))[:MAX_UNITS])


def _absent(clause: str, exact: bool, analyser: Analyser) -> list[Unit]:
    """Return what must be absent: a quoted phrase or a Chinese run as it stands, other words in any form."""
    if exact:
        return [Unit((), atoms)] if (atoms := analyser.tokens(clause).atoms) else []
    found = runs(normalise(clause))
    return [_unit(run, analyser) if isinstance(run, Word) else _exactly(run) for run in found]


def _unit(word: Word, analyser: Analyser) -> Unit:
    return Unit((analyser.stem(word.whole),), word.parts if len(word.parts) > 1 else ())


def _exactly(text: str) -> Unit:
    return Unit((), tuple(text)) if len(text) > 2 else Unit((text,))


def _chinese(text: str) -> Unit:
    return Unit(tuple(dict.fromkeys(a + b for a, b in pairwise(text))) or (text,))
