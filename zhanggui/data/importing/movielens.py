"""MovieLens (GroupLens): ratings, tags and films in the three forms it was published in.

100k: `u.data` (tabs), `u.item` (bars, Latin-1, a flag for each genre). 1M and 10M: `.dat` files parted by `::`.
Latest, 20M, 25M, 32M: CSV with a header. A rating is an event `rate` with its stars as `value`; a tag a `review`.
"""

import re
from collections.abc import Iterator

from zhanggui.data.importing.batch import Batch, Record
from zhanggui.data.importing.delimited import read_delimited
from zhanggui.data.importing.formats import FORMATS, Format
from zhanggui.data.importing.kinds import EVENTS, PRODUCTS, Kind
from zhanggui.data.importing.public_set import Part, PublicSet
from zhanggui.data.importing.source import Source
from zhanggui.data.importing.split_lines import read_split
from zhanggui.data.importing.translated import Translate, translated

RATING = ("userId", "movieId", "rating", "timestamp")
TAG = ("userId", "movieId", "tag", "timestamp")
FILM = ("movieId", "title", "genres")

GENRES = (
    "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical "
    "Mystery Romance Sci-Fi Thriller War Western"
).split()
"""The genres of the 100k set in the order of its flags (its file `u.genre`)."""

ITEM = ("movieId", "title", "released", "released on video", "url", *GENRES)

_YEAR = re.compile(r"\((\d{4})\)\s*$")
_NO_GENRES = {"(no genres listed)", "unknown", ""}


def _rating(row: Record) -> Record:
    return _event(row, "rate") | {"value": row["rating"]}


def _tag(row: Record) -> Record:
    return _event(row, "review") | {"text": row["tag"]}


def _event(row: Record, type: str) -> Record:
    return {"user_id": row["userId"], "type": type, "time": row["timestamp"], "item_id": row["movieId"]}


def _film(row: Record) -> Record:
    return _product(row, row["genres"].split("|"))


def _film_of_flags(row: Record) -> Record:
    return _product(row, [name for name in GENRES if row[name].strip() == "1"]) | {"url": row["url"]}


def _product(row: Record, genres: list[str]) -> Record:
    title = row["title"].strip()
    year = _YEAR.search(title)
    attributes = {
        "genre": [genre.strip() for genre in genres if genre.strip() not in _NO_GENRES],
        "year": [year[1]] if year else [],
    }
    return {"item_id": row["movieId"], "title": title, "attributes": attributes}


def _csv(kind: Kind, columns: tuple[str, ...], like: str, translate: Translate) -> Part:
    def read(source: Source) -> Iterator[Batch]:
        return translated(read_delimited(source, kind.of_columns(*columns)), translate)

    return Part(kind, like, read)


def _split(kind: Kind, columns: tuple[str, ...], like: str, translate: Translate, mark: str = "::") -> Part:
    def read(source: Source) -> Iterator[Batch]:
        return translated(read_split(source, columns, mark), translate)

    return Part(kind, like, read)


MOVIELENS = PublicSet(
    "movielens",
    (
        _csv(PRODUCTS, FILM, "*movies*.csv", _film),
        _split(PRODUCTS, FILM, "*movies*.dat", _film),
        _split(PRODUCTS, ITEM, "u.item", _film_of_flags, "|"),
        _csv(EVENTS, RATING, "*ratings*.csv", _rating),
        _split(EVENTS, RATING, "*ratings*.dat", _rating),
        _split(EVENTS, RATING, "u.data", _rating, "\t"),
        _csv(EVENTS, TAG, "*tags*.csv", _tag),
        _split(EVENTS, TAG, "*tags*.dat", _tag),
    ),
)


@FORMATS.add("movielens")
def _movielens() -> Format:
    return MOVIELENS
