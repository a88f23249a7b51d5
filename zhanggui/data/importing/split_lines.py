"""Read lines whose fields a fixed mark parts, without quotes: `1::Toy Story (1995)::Comedy`, `a|b|c`."""

from collections.abc import Iterator, Sequence

from zhanggui.data.importing.batch import Batch, Reject
from zhanggui.data.importing.encoding import refuse_no_text
from zhanggui.data.importing.source import Source


def read_split(source: Source, names: Sequence[str], mark: str) -> Iterator[Batch]:
    """Yield batches of records; a line that is not UTF-8 is Latin-1, as in sets made before UTF-8 was usual."""
    refuse_no_text(source, any_encoding=True)
    number = 0
    for block, done in source.blocks():
        batch = Batch(done)
        for raw in block:
            number += 1
            line = _decoded(raw)
            fields = line.split(mark)
            if len(fields) == len(names):
                batch.numbers.append(number)
                batch.records.append(dict(zip(names, fields, strict=True)))
            elif line.strip():
                batch.rejects.append(Reject(number, f"{len(fields)} fields; the file has {len(names)} columns.", line))
        yield batch


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
