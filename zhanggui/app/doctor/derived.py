"""What is derived from the Store and learned from it: index, online state, vectors, Release, encoder."""

import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import islice

import numpy as np
import orjson
import tantivy
from sqlalchemy import Connection

from zhanggui.app.build import shop_encoder
from zhanggui.app.doctor.patient import Patient, Server, failed, passed, warned
from zhanggui.app.doctor.store import looked_into, place_of
from zhanggui.app.erasing import STATE
from zhanggui.app.spaces import served
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.product import Product
from zhanggui.core.protocols import Encoder
from zhanggui.data.check import Finding
from zhanggui.data.release import current, open_release
from zhanggui.data.store.reading import counters, products_after
from zhanggui.encoders.vector_file import held_in
from zhanggui.retrieval.index.schema import VERSION, schema
from zhanggui.retrieval.index.text_store import Searcher
from zhanggui.retrieval.text.analyser import Analyser

SAMPLE = 5_000
"""Products whose vectors are looked for, unless all are wanted."""

FAR_BEHIND = 100_000
_AT_START = "The next start of the server makes it anew, from the Store"


def release(patient: Patient) -> Iterator[Finding]:
    name = current(patient.settings.home)
    if not name:
        yield warned("release", "None: the shop runs on what it has without training", "zhanggui train")
        return
    found = open_release(patient.settings.home)
    yield passed("release", f"{name}, {len(found.manifest.files)} files, all with the hashes they were written with")


def index(patient: Patient, server: Server) -> Iterator[Finding]:
    """Look into the text index as a reader: its writer's lock is not touched."""
    folder = served(patient.settings.home)[1] / "text"
    if not folder.is_dir():
        yield warned("index", "There is none yet", "The first start of the server builds it: zhanggui serve")
        return
    try:
        text = Searcher(tantivy.Index(schema(), path=str(folder), reuse=True).searcher()).note()
        note = orjson.loads(text or "{}")
    except (ValueError, OSError, KeyError) as error:
        yield warned("index", f"It cannot be read: {error}", _AT_START)
        return
    stamp = f"{VERSION}/{version('tantivy')}/{Analyser().name}"
    if note.get("stamp") != stamp:
        yield warned("index", f"Made by {note.get('stamp')}; this zhanggui makes {stamp}", _AT_START)
    else:
        yield _behind("index", int(note["position"]), _head(patient), server)


def state(patient: Patient, server: Server) -> Iterator[Finding]:
    file = patient.settings.home / STATE
    if not file.exists():
        yield passed("online state", "Not kept yet: a start reads it from the Store")
        return
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        position = int(arrays["numbers"][1])
    yield _behind("online state", position, _head(patient), server)


def _behind(name: str, position: int, head: int | None, server: Server) -> Finding:
    if head is None or position > head:
        return warned(name, f"It stands at {position:,}, the Store at {head or 0:,}: not of this Store", _AT_START)
    lag, said = head - position, f"It stands at {position:,} of {head:,}"
    told = (server.health or {}).get("lag")
    if isinstance(told, int):  # files are written now and then; the server itself knows better
        return passed(name, f"{said} on disk; the server is {told:,} behind", told)
    if lag > FAR_BEHIND:
        return warned(name, f"{said}, {lag:,} behind", "The next start catches up; it takes longer", lag)
    return passed(name, said, lag)


def encoder_and_vectors(patient: Patient) -> Iterator[Finding]:
    began = time.perf_counter()
    encoder = shop_encoder(patient.settings)
    if encoder is None:
        yield warned("encoder", "None is set: search goes by words alone", "Set ZHANGGUI_ENCODER to a name or a folder")
        return
    loaded = time.perf_counter()
    norm = float(np.linalg.norm(encoder.queries(["绿茶 green tea"])[0]))
    once = 1000 * (time.perf_counter() - loaded)
    said = f"{encoder.name}, {encoder.dim} numbers, loaded in {loaded - began:.1f} s, a text in {once:.0f} ms"
    if abs(norm - 1) > 0.01:
        yield failed(
            "encoder", f"{said}, but its vector has length {norm:.3f}", "Delete ZHANGGUI_CACHE and start again"
        )
    else:
        yield passed("encoder", said, once)
    yield from _vectors(patient, encoder)


def _vectors(patient: Patient, encoder: Encoder) -> Iterator[Finding]:
    url = place_of(patient)
    if url is None:
        return
    kept, torn = held_in(patient.settings.home / "vectors", encoder=encoder.name, dim=encoder.dim)
    with looked_into(url) as connection:
        texts = {
            text
            for product in islice(_catalogue(connection), None if patient.full else SAMPLE)
            if (text := passage(product))
        }
    there = sum(content_hash(text) in kept for text in texts)
    said = (
        f"{there:,} of {len(texts):,} texts{'' if patient.full else ' looked at'} have their vector; {len(kept):,} kept"
    )
    if torn:
        said += f"; {torn:,} bytes at the end are torn, the next start cuts them"
    if there < len(texts) or torn:
        yield warned("vectors", said, "A running server encodes the rest in the background: zhanggui serve", there)
    else:
        yield passed("vectors", said, there)


def _catalogue(connection: Connection) -> Iterator[Product]:
    after = ""
    while page := products_after(connection, after):
        yield from page
        after = page[-1].item_id


def _head(patient: Patient) -> int | None:
    url = place_of(patient)
    if url is None:
        return None
    with looked_into(url) as connection:
        return counters(connection)["position"]
