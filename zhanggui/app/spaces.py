"""Which encoder a Release brings, where its index lies, and whether its vectors are there already."""

import logging
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from zhanggui.app.settings import AUTO, Settings
from zhanggui.core.errors import ZhangguiError
from zhanggui.core.passage import content_hash, passage
from zhanggui.core.protocols import Encoder, Store
from zhanggui.data.release import Release, open_release
from zhanggui.encoders import keeping, open_encoder
from zhanggui.encoders.folder import open_folder
from zhanggui.encoders.opening import DEFAULT
from zhanggui.encoders.vector_file import held_in
from zhanggui.engine.moving import ENOUGH
from zhanggui.engine.opening import Ingredients
from zhanggui.retrieval.index import TantivyIndex

LOG = logging.getLogger(__name__)

NO_ENCODER = "none"
ENCODER = "encoder"
"""The folder of a Release that holds its encoder."""

VECTORS = "vectors"
"""The folder of a home where vectors are kept, and tokens."""

BASE = "base"
_SERVED = "serving.json"
_INDEX = "index"
_OF_A_RELEASE = re.compile(r"index-[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Opened:
    """An encoder, the folder of the index with its vectors, and what could not be opened."""

    encoder: Encoder | None
    folder: Path
    lost: tuple[str, ...] = ()


def open_encoder_of(settings: Settings, release: Release | None) -> Opened:
    """Open the encoder that goes with a Release, unless the settings name another. Raises ConfigError.

    Each encoder of a Release has an index of its own, so that the one in use goes on while the next is filled.
    """
    name = settings.text("encoder")
    if name == NO_ENCODER:
        return Opened(None, settings.home / _INDEX)
    if name == AUTO and release is not None and (release.path / ENCODER).is_dir():
        encoder = open_folder(release.path / ENCODER, threads=settings.number("encoder_threads"))
        return Opened(encoder, settings.home / f"{_INDEX}-{encoder.name.rpartition('@')[2]}")
    return Opened(_built_in(settings, DEFAULT if name == AUTO else name), settings.home / _INDEX)


def open_encoder_or_base(settings: Settings, release: Release | None) -> Opened:
    """Open the encoder that goes with a Release, or the built-in one where that is damaged: worse, but open."""
    try:
        return open_encoder_of(settings, release)
    except ZhangguiError as error:
        if release is None or settings.text("encoder") != AUTO:
            raise
        LOG.error("the encoder of Release %s cannot be opened, %s serves: %s", release.manifest.name, DEFAULT, error)
        return Opened(_built_in(settings, DEFAULT), settings.home / _INDEX, (ENCODER,))


def first_served(settings: Settings, wanted: Release | None, store: Store) -> tuple[Release | None, Opened]:
    """Return the Release to open a shop with: the one in use, or while its vectors are being made the one before.

    A server that was ended on its way to a Release with another encoder goes on where it was.
    """
    opened, before = open_encoder_or_base(settings, wanted), served(settings.home)[0]
    if before in ("", name_of(wanted)) or opened.lost or _filled(settings.home, opened.encoder, store):
        return wanted, opened
    try:
        earlier = None if before == BASE else open_release(settings.home, before)
        kept = open_encoder_of(settings, earlier)
    except ZhangguiError as error:
        LOG.warning("Release %s served before and cannot be opened: %s", before, error)
        return wanted, opened
    if kept.encoder is None or opened.encoder is None or kept.encoder.name == opened.encoder.name:
        return wanted, opened
    LOG.warning(
        "Release %s serves until the vectors of %s are there: zhanggui serve makes them", before, name_of(wanted)
    )
    return earlier, kept


def with_space(given: Ingredients, settings: Settings, opened: Opened, index: TantivyIndex) -> Ingredients:
    """Return the ingredients with an index, its encoder and the cache of its vectors, closed together."""
    if opened.encoder is None:
        return replace(given, index=index, encoder=None, vectors=None, close=(index.close,))
    encoder, vectors = keeping(opened.encoder, settings.home / VECTORS)
    return replace(given, index=index, encoder=encoder, vectors=vectors, close=(index.close, vectors.close))


def served(home: Path) -> tuple[str, Path]:
    """Return which Release served last (empty when nobody knows) and where its index lies."""
    try:
        content = orjson.loads((home / _SERVED).read_bytes())
        return str(content["release"]), home / Path(str(content["index"])).name
    except (OSError, ValueError, KeyError, TypeError):
        return "", home / _INDEX


def note_served(home: Path, release: str, folder: Path) -> None:
    """Keep which Release serves; indexes of encoders that neither serve nor served just before are deleted."""
    before = served(home)[1]
    content = orjson.dumps({"release": release, "index": folder.name})
    try:
        beside = home / f"{_SERVED}.tmp"
        beside.write_bytes(content)
        beside.replace(home / _SERVED)
    except OSError as fault:
        LOG.warning("%s cannot be written: %s. The next start may open the Release in use at once.", _SERVED, fault)
        return
    for old in home.glob(f"{_INDEX}-*"):
        if old not in (folder, before) and _OF_A_RELEASE.fullmatch(old.name):
            shutil.rmtree(old, ignore_errors=True)


def name_of(release: Release | None) -> str:
    """Return the name under which a shop serves a Release."""
    return release.manifest.name if release else BASE


def _filled(home: Path, encoder: Encoder | None, store: Store) -> bool:
    if encoder is None:
        return True
    known, _ = held_in(home / VECTORS, encoder=encoder.name, dim=encoder.dim)
    hashes = [content_hash(text) for product in store.all_products() if (text := passage(product))]
    return sum(one in known for one in hashes) >= ENOUGH * len(hashes)


def _built_in(settings: Settings, name: str) -> Encoder:
    return open_encoder(name, cache=settings.cache, threads=settings.number("encoder_threads"))
