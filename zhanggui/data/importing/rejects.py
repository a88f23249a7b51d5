"""The file of lines set aside: JSONL, to be mended (`raw`) and imported again as it is."""

from pathlib import Path
from typing import BinaryIO, Self

import orjson

from zhanggui.core.errors import InputError
from zhanggui.data.importing.batch import Reject


class Rejects:
    """Write lines set aside beside `path` and put them there at the end; without any, no file is made.

    An import of the very file that it will replace is safe, and one that breaks off keeps what it had set aside.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._beside = path.with_name(path.name + ".part")
        self._stream: BinaryIO | None = None

    def add(self, file: Path, reject: Reject) -> None:
        """Set one line aside."""
        if self._stream is None:
            self._stream = self._open()
        row = {"file": str(file), "line": reject.line, "reason": reject.reason, "raw": reject.raw}
        self._stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()
            self._beside.replace(self.path)

    def _open(self) -> BinaryIO:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self._beside.open("wb")
        except OSError as error:
            raise InputError(f"{self.path} cannot be written: {error.strerror}. Make its folder writable.") from error
