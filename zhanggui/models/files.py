"""Arrays in one `.npz` file, without pickle; the same arrays make the same bytes."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zhanggui.core.errors import ReleaseError
from zhanggui.core.interactions import Vocabulary

Arrays = Mapping[str, NDArray[np.generic]]
Settings = Mapping[str, str | float | int | None]


def write(path: Path, kind: str, items: Vocabulary, settings: Settings, arrays: Arrays) -> None:
    """Write the model `kind`: its vocabulary, its settings and its arrays."""
    head = json.dumps({"kind": kind, "settings": dict(settings)}, sort_keys=True)
    packed = [name.encode("utf-8", "surrogatepass") for name in items.ids]
    lengths = np.array([len(name) for name in packed], np.int32)
    with path.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            head_=np.frombuffer(head.encode(), np.uint8),
            ids_=np.frombuffer(b"".join(packed), np.uint8),
            lengths_=lengths,
            **arrays,
        )


def read(path: Path, kind: str) -> tuple[Vocabulary, dict[str, object], dict[str, NDArray[np.generic]]]:
    """Read what `write` wrote. Raises ReleaseError when the file is absent, torn or of another kind."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        head = json.loads(arrays.pop("head_").tobytes())
        items = _vocabulary(arrays.pop("ids_").tobytes(), arrays.pop("lengths_"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise ReleaseError(
            f"Model file {str(path)!r} cannot be read: {error}. Make a new one: zhanggui train."
        ) from error
    if head["kind"] != kind:
        raise ReleaseError(
            f"Model file {str(path)!r} holds {head['kind']!r}, not {kind!r}. Make a new one: zhanggui train."
        )
    return items, head["settings"], arrays


def _vocabulary(packed: bytes, lengths: NDArray[np.generic]) -> Vocabulary:
    ends = np.cumsum(lengths).tolist()
    starts = [0, *ends[:-1]]
    return Vocabulary(
        packed[start:end].decode("utf-8", "surrogatepass") for start, end in zip(starts, ends, strict=bool(ends))
    )
