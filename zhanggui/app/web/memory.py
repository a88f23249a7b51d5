"""How many bytes of bodies may wait in memory at once, over all requests."""

from dataclasses import dataclass

from zhanggui.app.web.errors import ApiError

BODIES = 8
"""So many of the largest bodies are held at once."""


@dataclass(slots=True)
class Memory:
    """What all requests together hold. Used on the event loop only."""

    limit: int
    held: int = 0


@dataclass(slots=True)
class Share:
    """What one request holds of it."""

    memory: Memory
    size: int = 0

    def take(self, size: int) -> None:
        """Hold more; raises 503 `overloaded` when all hold too much together.

        >>> share = Share(Memory(10)); share.take(8)
        >>> Share(share.memory).take(3)
        Traceback (most recent call last):
        zhanggui.app.web.errors.ApiError: Too many large bodies are under way.
        """
        if self.memory.held + size > self.memory.limit:
            raise ApiError(
                503,
                "overloaded",
                "Too many large bodies are under way.",
                cure="Wait and try again, or send smaller batches.",
                headers=(("Retry-After", "1"), ("Connection", "close")),
            )
        self.memory.held += size
        self.size += size

    def give_back(self) -> None:
        """Hold nothing."""
        self.memory.held -= self.size
        self.size = 0
