"""A graph on disk: mapped into memory as it lies, so that opening a million vectors takes a second or two.

`graph-CHECKSUM.faiss` is written beside and renamed; then `graph.npz`, which names it, says for which encoder it is
and what each vector stands for. A graph that is torn, altered, of another encoder or version counts as none.
"""

import logging
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from zhanggui.core.interactions import Longs
from zhanggui.retrieval.vectors.graph import Graph

LOG = logging.getLogger(__name__)

FAULTS = (OSError, RuntimeError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
_FAISS: Any = faiss
_VERSION, _META = 1, "graph.npz"
_CHUNK = 1 << 22


def save(folder: Path, index: Any, texts: Longs, *, encoder: str) -> Graph:
    """Write an index of faiss and return the graph that is mapped from it. Raises OSError or RuntimeError."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / "graph.part"
    try:
        _FAISS.write_index(index, str(beside))
        _synced(beside)
        path = folder / f"graph-{_checksum(beside):08x}.faiss"
        beside.replace(path)
        _write_meta(folder, path.name, texts, dim=index.d, encoder=encoder)
    finally:
        beside.unlink(missing_ok=True)
    _tidy(folder, keep=path.name)
    return Graph.over(_FAISS.read_index(str(path), _FAISS.IO_FLAG_MMAP_IFC), texts, path=path)


def load(folder: Path, *, dim: int, encoder: str) -> Graph | None:
    """Map the graph that lies in a folder; None where there is no whole one of this encoder."""
    try:
        with np.load(folder / _META, allow_pickle=False) as meta:
            name, texts = str(meta["name"]), meta["texts"]
            fits = int(meta["version"]) == _VERSION and int(meta["dim"]) == dim and str(meta["encoder"]) == encoder
        path = folder / Path(name).name
        if not fits or path.name != f"graph-{_checksum(path):08x}.faiss":
            return _refused(folder, "another encoder's" if not fits else "torn or altered")
        index = _FAISS.read_index(str(path), _FAISS.IO_FLAG_MMAP_IFC)
        return Graph.over(index, texts, path=path) if index.ntotal == len(texts) else _refused(folder, "torn")
    except FileNotFoundError:
        return None
    except FAULTS as fault:
        return _refused(folder, f"unreadable: {fault}")


def present(folder: Path) -> bool:
    """Tell whether there is anything to load."""
    return (folder / _META).exists()


def _refused(folder: Path, why: str) -> Graph | None:
    LOG.warning("The graph of vectors in %s is %s; it is made anew in the background.", folder, why)
    return None


def _write_meta(folder: Path, name: str, texts: Longs, *, dim: int, encoder: str) -> None:
    beside = folder / "graph.npz.part"
    with beside.open("wb") as file:
        np.savez(file, version=_VERSION, name=name, encoder=encoder, dim=dim, texts=texts)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / _META)


def _synced(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum


def _tidy(folder: Path, *, keep: str) -> None:
    for path in folder.glob("graph-*.faiss"):
        if path.name != keep:
            path.unlink(missing_ok=True)  # whoever has it mapped keeps it until it lets go
