"""Readers of public data sets' forms: sequences of items, and judged queries."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from zhanggui.core.errors import InputError
from zhanggui.core.event import EventType
from zhanggui.core.ids import ItemId
from zhanggui.core.interactions import Interactions, Judgments, Vocabulary
from zhanggui.data.store.columns import Codes


def read_sequences(path: Path) -> Interactions:
    """Read lines of a user and then item ids in time order, parted by blanks or tabs (S3-Rec and others).

    There are no times: the place within the line stands for it, in milliseconds. All events are views, without basket.
    Raises InputError with the line's number.
    """
    users, items = Codes(), Codes()
    user: list[int] = []
    item: list[int] = []
    time: list[int] = []
    for number, line in _lines(path):
        name, *sequence = line.split()
        if name in users:
            raise InputError(f"{path}, line {number}: user {name!r} has a line already. Join the lines of each user.")
        user += [users[name]] * len(sequence)
        item += [items[word] for word in sequence]
        time += range(len(sequence))
    rows = users.ranks()[np.array(user, np.int64)]
    order = np.argsort(rows, kind="stable")
    return Interactions(
        Vocabulary(sorted(users)),
        Vocabulary(sorted(items)),
        rows[order],
        items.ranks()[np.array(item, np.int64)][order],
        np.array(time, np.int64)[order],
        np.full(len(rows), EventType.VIEW.code, np.uint8),
        np.full(len(rows), -1, np.int64),
    )


def read_judgments(queries: Path, qrels: Path) -> Judgments:
    """Read `query_id<TAB>text` and TREC's `query_id 0 item_id grade`.

    Raises InputError with the line's number for what is not of this form, a query twice or a query without text.
    """
    texts: dict[str, str] = {}
    for number, line in _lines(queries):
        query, tab, text = line.partition("\t")
        if not tab or not text.strip():
            raise InputError(f"{queries}, line {number}: {line!r} is not query_id<TAB>text.")
        if query in texts:
            raise InputError(f"{queries}, line {number}: query {query!r} is there already.")
        texts[query] = text.strip()
    return Judgments(texts, _grades(qrels, texts))


def _grades(qrels: Path, texts: dict[str, str]) -> dict[str, dict[ItemId, float]]:
    grades: dict[str, dict[ItemId, float]] = {}
    for number, line in _lines(qrels):
        query, item, grade = _judged(qrels, number, line)
        if query not in texts:
            raise InputError(f"{qrels}, line {number}: query {query!r} has no text among the queries.")
        if item in grades.setdefault(query, {}):
            raise InputError(f"{qrels}, line {number}: {item!r} is judged already for query {query!r}.")
        grades[query][ItemId(item)] = grade
    return grades


def _judged(qrels: Path, number: int, line: str) -> tuple[str, str, float]:
    try:
        query, _, item, grade = line.split()
        value = float(grade)
    except ValueError:
        raise InputError(f"{qrels}, line {number}: {line!r} is not query_id 0 item_id grade.") from None
    if not 0 <= value < float("inf"):
        raise InputError(f"{qrels}, line {number}: grade {grade} is outside 0 and up.")
    return query, item, value


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}. Name a text file in UTF-8.") from error
