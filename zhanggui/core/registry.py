"""Named components, so that configuration can stay plain text."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from zhanggui.core.errors import UnknownNameError

T = TypeVar("T")


@dataclass
class Registry(Generic[T]):
    """Map names to factories; built-ins and plug-ins (entry-point group `zhanggui.KIND`) come in by the same door.

    >>> colours = Registry[str]("colour")
    >>> colours.add("red")(lambda: "#f00")()
    '#f00'
    >>> colours.make("blue")
    Traceback (most recent call last):
    zhanggui.core.errors.UnknownNameError: No colour named 'blue'. Known: red.
    """

    kind: str
    factories: dict[str, Callable[..., T]] = field(default_factory=dict)

    def add(self, name: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """Register a factory under a name."""

        def register(factory: Callable[..., T]) -> Callable[..., T]:
            self.factories[name] = factory
            return factory

        return register

    def load_plugins(self) -> None:
        """Import every installed plug-in of this kind."""
        for point in entry_points(group=f"zhanggui.{self.kind}"):
            self.factories[point.name] = point.load()

    def make(self, name: str, **options: object) -> T:
        """Build the component of that name."""
        try:
            factory = self.factories[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self) from None
        return factory(**options)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.factories))
