"""The meaning of what was typed, in time or not at all: words never wait for it."""

from zhanggui.core.interactions import Floats
from zhanggui.core.protocols import Encoder
from zhanggui.encoders.recent import Recent
from zhanggui.engine.timely import Timely


class QueryVectors:
    """Encode queries within `seconds`; the last `size` distinct ones are remembered."""

    def __init__(self, encoder: Encoder, timely: Timely, *, seconds: float = 0.5, size: int = 4096) -> None:
        self._encoder, self._timely, self._seconds = encoder, timely, seconds
        self._known = Recent[str, Floats](size=size)

    def of(self, query: str) -> tuple[Floats | None, tuple[str, ...]]:
        """Return the vector (dim,) or None, and what was degraded."""
        known = self._known.get(query)
        if known is not None or not query.strip():
            return known, ()
        outcomes = self._timely.run({"encoder": lambda: self._encoder.queries([query])[0]}, seconds=self._seconds)
        vector = outcomes.results.get("encoder")
        if vector is not None:
            self._known.put(query, vector)
        return vector, tuple(outcomes.failed)
