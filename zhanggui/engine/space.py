"""The index of the catalogue with the encoder whose vectors it holds: they come, serve and go together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zhanggui.core.protocols import CatalogueIndex, Encoder
from zhanggui.engine.meaning import CatalogueReader, Meaning
from zhanggui.engine.progress import Progress
from zhanggui.engine.repeating import Repeating


@dataclass(frozen=True, slots=True)
class Space:
    """An index, its encoder, and the threads that give its items their vectors.

    Without an encoder there is no meaning, and nothing to do. `close` gives free what was opened, once threads ended.
    """

    index: CatalogueIndex
    encoder: Encoder | None = None
    meaning: Meaning | None = None
    reader: CatalogueReader | None = None
    reading: Repeating | None = None
    close: Sequence[Callable[[], object]] = ()

    def start(self) -> None:
        """Begin to encode what lacks its vector."""
        if self.meaning and self.reading:
            self.meaning.start()
            self.reading.start()

    def stop(self) -> None:
        """End after the batch at hand."""
        if self.reader and self.reading and self.meaning:
            self.reader.stop()
            self.reading.stop()
            self.meaning.stop()

    def progress(self) -> Progress:
        """Return how many items have their vector, of those that say something."""
        return self.meaning.progress() if self.meaning else Progress(0, 0)
