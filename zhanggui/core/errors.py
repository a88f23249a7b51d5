"""Every error this package raises on purpose. Each message states the fact, the value, what is allowed and the cure.

ZhangguiError
├── ConfigError         a setting is missing, unknown or out of range
├── UnknownNameError    no component is registered under that name
├── NotFittedError      a model was asked before it was fitted
├── InputError          a file or a request cannot be used
│   └── RecordError     one record breaks its contract; the rest is unharmed
├── NotFoundError       no product, user or ranking of that id
├── ReleaseError        a Release is absent, torn or altered
└── StoreError          the Store cannot be opened, read or written
"""

from collections.abc import Iterable


class ZhangguiError(Exception):
    """Base of all errors a caller may want to catch. `code` is for machines and never changes."""

    code = "error"


class ConfigError(ZhangguiError):
    """A setting is missing, unknown or out of range."""

    code = "config"


class UnknownNameError(ZhangguiError):
    """No component is registered under that name."""

    code = "unknown_name"

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"No {kind} named {name!r}. Known: {', '.join(sorted(known))}.")


class NotFittedError(ZhangguiError):
    """A model was asked before it was fitted."""

    code = "not_fitted"

    def __init__(self, model: object) -> None:
        name = type(model).__name__
        super().__init__(f"{name} is not fitted. Call {name}.fit(log) first, or run: zhanggui train.")


class InputError(ZhangguiError):
    """A file or a request cannot be used."""

    code = "input"


class RecordError(InputError):
    """One record breaks its contract; `field` names where, when it is known."""

    code = "record"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotFoundError(ZhangguiError):
    """No product, user or ranking of that id."""

    code = "not_found"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"No {kind} with id {name!r}.")


class ReleaseError(ZhangguiError):
    """A Release is absent, torn or altered."""

    code = "release"


class StoreError(ZhangguiError):
    """The Store cannot be opened, read or written."""

    code = "store"
