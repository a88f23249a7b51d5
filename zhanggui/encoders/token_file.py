"""The tokens of texts on disk: one file of records per encoder, each the hash of a text and its packed tokens.

A title of twenty tokens of 384 coordinates takes 1.9 KB.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zhanggui.core.interactions import Floats
from zhanggui.encoders.graph_parts import TOKENS_BEFORE_THE_END
from zhanggui.encoders.record_file import LONGEST, Form, RecordFile, file_name
from zhanggui.encoders.token_codes import packed
from zhanggui.encoders.vectors import Used

_FORM = Form(b"ZGTOK\x00\x00\x01", b"\xf0TOK")


class TokenFile:
    """Packed tokens (`token_codes`) per content hash in a file of `folder`; several processes may append."""

    def __init__(self, folder: Path, *, encoder: str, dim: int) -> None:
        self.dim = dim
        owner = f"{encoder}, {TOKENS_BEFORE_THE_END} layers before the last"
        self._file = RecordFile(folder / file_name(encoder, dim, ".tok"), _FORM, owner=owner, size=dim)
        self._most = LONGEST * 4 // dim

    def get(self, hashes: Sequence[str]) -> list[bytes | None]:
        """Return the packed tokens of each text, None where they are not known."""
        return self._file.get(hashes)

    def put(self, hashes: Sequence[str], tokens: Sequence[Floats]) -> None:
        """Keep the tokens of texts, each (its tokens, dim), rotated unit vectors; what is known stays as it is."""
        if not all(np.isfinite(one).all() for one in tokens):
            raise ValueError("Tokens must be finite: the encoder that made them is broken.")
        self._file.put(hashes, [packed(one[: self._most]) for one in tokens])

    def copy(self, other: "TokenFile", hashes: Sequence[str]) -> None:
        """Keep what another file has of these texts."""
        found = {name: codes for name, codes in zip(hashes, other.get(hashes), strict=True) if codes is not None}
        self._file.put(list(found), list(found.values()))

    def forget(self, used: Used, *, spare: int) -> int:
        """Let go of what is not in use, but for the `spare` texts kept or used last."""
        return self._file.forget(used, spare=spare)

    def __contains__(self, content_hash: str) -> bool:
        return content_hash in self._file

    def __len__(self) -> int:
        return len(self._file)

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        self._file.close()
