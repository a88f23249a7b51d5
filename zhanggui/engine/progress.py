"""How far a long piece of work is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total`."""

    done: int
    total: int
