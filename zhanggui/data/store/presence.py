"""A SQLite file that is deleted or moved while it is open can still be written, by a name that nobody finds again.

The system lets it, SQLite does not look, and what was acknowledged would be gone with the process. So each write looks
before it commits whether the file is where it was opened.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from zhanggui.core.errors import StoreError


@dataclass(slots=True)
class Presence:
    """Which file (device, number) stood at a path when it was first opened."""

    path: Path
    _known: tuple[int, int] | None = field(default=None)

    def opened(self, _connection: Any, _record: object) -> None:
        """Remember the file, once."""
        if self._known is None:
            self._known = self._now()

    def still_there(self, connection: Connection) -> None:
        """Refuse the commit of a write when the file is gone. Raises StoreError; the write is rolled back."""
        writes = connection.get_execution_options().get("zhanggui_writes", False)
        if writes and self._now() != self._known:
            raise StoreError(
                f"The Store's file {self.path} was deleted, moved or replaced while it was open: nothing of this write "
                "was kept. Put the file back where it was; or start the server again, after: zhanggui restore."
            )

    def _now(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino
