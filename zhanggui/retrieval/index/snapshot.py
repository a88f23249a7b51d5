"""The columns on disk: one file beside the text index, so that opening need not read every product again.

The file tells the position of the feed that it stands for. What the text index knows beyond it is applied again from
the feed, which changes nothing.
"""

import zipfile
import zlib
from dataclasses import fields
from pathlib import Path

import numpy as np
import orjson

from zhanggui.core.ids import ItemId
from zhanggui.retrieval.index.columns import Columns, Dictionaries
from zhanggui.retrieval.index.names import Names, Tree, Values
from zhanggui.retrieval.index.ragged import Ragged

_ARRAYS = tuple(field.name for field in fields(Columns) if field.name not in ("names", "values"))
_FAULTS = (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile, zlib.error)


def save(path: Path, columns: Columns, *, position: int) -> None:
    """Write the columns; whoever reads at the same time sees the old file or the new one."""
    names = columns.names
    texts = {
        "position": position,
        "items": names.items.keys(),
        "categories": names.categories.nodes.keys(),
        "brands": names.brands.keys(),
        "values": names.values.keys(),
    }
    encoded = np.frombuffer(orjson.dumps(texts), np.uint8)
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        values = columns.values.compact()
        arrays = {name: getattr(columns, name) for name in _ARRAYS}
        np.savez(file, texts=encoded, value_lengths=values.lengths, value_codes=values.codes, **arrays)
    beside.replace(path)


def load(path: Path) -> tuple[Columns, int] | None:
    """Return columns and their position, None where there is no whole file."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            texts = orjson.loads(file["texts"].tobytes())
            arrays = {name: file[name] for name in _ARRAYS}
            values = Ragged.flat(file["value_lengths"], file["value_codes"])
        names = Dictionaries(
            Names(ItemId(item) for item in texts["items"]),
            Tree(tuple(path) for path in texts["categories"]),
            Names(texts["brands"]),
            Values((name, value) for name, value in texts["values"]),
        )
        columns, position = Columns(names, **arrays, values=values), int(texts["position"])
    except _FAULTS:
        return None
    return (columns, position) if len(names.items) >= len(columns) else None
