"""Keep the C library from holding on to memory that was given back.

glibc serves threads from several arenas. What is free in one is no use to a thread of another, so each grows by itself:
with the four that the libraries' own threads bring, a server under steady load grew by 3 MB a minute of free pieces.
And once an array of some size was freed, it takes the next one of that size from an arena, too, where small things that
live long pin the large holes around them. Measured: benchmarks/soak.py, benchmarks/memory.py.
"""

import ctypes

from zhanggui.engine.repeating import Repeating

TRIM_SECONDS = 10
_ARENAS, _MMAP_THRESHOLD = -8, -3
_LARGE = 512 * 1024


def one_arena() -> None:
    """Have all threads of the process share one arena; on a C library that has none, do nothing.

    To be called before anything heavy is imported: libraries begin threads as they are loaded, and an arena that a
    thread has got stays. Python's objects have memory of their own, under its own lock: nobody waits for the arena.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_ARENAS, 1)


def calm() -> Repeating:
    """Have large arrays mapped one by one, and return a thread that gives back what is free; the caller starts it.

    On a C library that has none of this the thread does nothing.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
    trim = getattr(library, "malloc_trim", None)
    return Repeating("trim", lambda: trim(0) if trim else None, every=TRIM_SECONDS)
