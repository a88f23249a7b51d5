"""Read a Python literal (dictionaries, lists, text, numbers) without running anything."""

import ast
import warnings

LONGEST = 1_000_000
MOST_BRACKETS = 2_000
"""Bounds on what the parser is given: its work and its depth grow with these."""


def literal(raw: bytes) -> object:
    """Return the value. Raises ValueError for what is neither JSON nor a literal, or is beyond the bounds.

    >>> literal(b"{'asin': '1', 'categories': [['Tea']], 'price': 1.5}")
    {'asin': '1', 'categories': [['Tea']], 'price': 1.5}
    """
    if len(raw) > LONGEST or sum(map(raw.count, (b"[", b"{", b"("))) > MOST_BRACKETS:
        raise ValueError(f"Neither JSON nor a Python literal of at most {LONGEST:,} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a wrong escape in a text is its writer's affair
            return ast.literal_eval(raw.decode())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError("Neither JSON nor a Python literal") from None
