"""What left the Store, told to whoever derived something from it, without naming whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from zhanggui.core.ids import Millis


@dataclass(frozen=True, slots=True)
class Erasure:
    """What a number of the feed of kind ERASED stands for: one of three.

    `digest` set: a user, known by `digest_of(user, salt)` only. `before` set: everything older than that moment.
    Neither: some events of users who stay (those told under another, anonymous id): derive anew from the Store.
    `salt` is one for a Store, so that readers walk once over the users they know, however many were erased.
    """

    salt: str = ""
    digest: str = ""
    before: Millis | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows left the Store, and the number of the last change."""

    events: int
    rankings: int
    users: int
    position: int


def digest_of(user: str, salt: str) -> str:
    """Return the keyed BLAKE2b of an id (128 bits, as hex); `salt` is hex, at most 64 bytes of it.

    >>> digest_of("ann", "00ff") == digest_of("ann", "00ff") != digest_of("ann", "00fe")
    True
    """
    return blake2b(user.encode("utf-8", "surrogatepass"), digest_size=16, key=bytes.fromhex(salt)).hexdigest()


def named(erasures: Sequence[Erasure], users: Iterable[str]) -> set[str]:
    """Return those of the users who were erased: about a microsecond each.

    >>> sorted(named([Erasure("00", digest_of("bob", "00")), Erasure(before=Millis(5))], ["ann", "bob"]))
    ['bob']
    """
    known = list(users)
    found: set[str] = set()
    for salt in {e.salt for e in erasures if e.digest}:
        gone = {e.digest for e in erasures if e.salt == salt}
        found.update(user for user in known if digest_of(user, salt) in gone)
    return found
