"""The meaning of what was typed, in time or not at all: words never wait for it."""

from collections.abc import Callable

from zhanggui.core.interactions import Floats
from zhanggui.core.protocols import Encoder
from zhanggui.encoders.recent import Recent
from zhanggui.engine.timely import Begun, Timely

_PART = "encoder"


class Coming:
    """The vector of a query that is being made; `keep` is told it."""

    def __init__(self, vector: Floats | None, begun: Begun[Floats] | None, keep: Callable[[Floats], None]) -> None:
        self.degraded: tuple[str, ...] = ()
        self._vector, self._begun, self._keep = vector, begun, keep

    def vector(self) -> Floats | None:
        """Wait for it; None where there is nothing to say, or it did not come: then `degraded` names the part."""
        if self._begun is not None:
            outcomes, self._begun = self._begun.outcomes(), None
            self._vector, self.degraded = outcomes.results.get(_PART), tuple(outcomes.failed)
            if self._vector is not None:
                self._keep(self._vector)
        return self._vector


class QueryVectors:
    """Encode queries within `seconds`; the last `size` distinct ones are remembered."""

    def __init__(self, encoder: Encoder, timely: Timely, *, seconds: float = 0.5, size: int = 4096) -> None:
        self._encoder, self._timely, self._seconds = encoder, timely, seconds
        self._known = Recent[str, Floats](size=size)

    def begin(self, query: str) -> Coming:
        """Have a query encoded, beside whatever the caller does meanwhile."""
        known, begun = self._known.get(query), None
        if known is None and query.strip():
            begun = self._timely.begin({_PART: lambda: self._encoder.queries([query])[0]}, seconds=self._seconds)
        return Coming(known, begun, lambda vector: self._known.put(query, vector))
