"""Keep the C library from holding on to memory that was given back.

glibc serves every thread from an arena of its own and, once an array of some size was freed, takes the next one of that
size from an arena, too, where small things that live long pin the large holes around them. A server that is written to
all day grows by that alone. Measured: benchmarks/soak.py.
"""

import ctypes

from zhanggui.engine.repeating import Repeating

TRIM_SECONDS = 10
_ARENAS, _MMAP_THRESHOLD = -8, -3
_LARGE = 512 * 1024


def calm() -> Repeating:
    """Have large arrays mapped one by one, and return a thread that gives back what is free; the caller starts it.

    To be called before other threads begin: an arena that a thread has got stays its own.
    On a C library that has none of this the thread does nothing.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_ARENAS, 2)
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
    trim = getattr(library, "malloc_trim", None)
    return Repeating("trim", lambda: trim(0) if trim else None, every=TRIM_SECONDS)
