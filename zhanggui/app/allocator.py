"""Keep the C library from holding on to memory that was given back.

glibc serves threads from several arenas. What is free in one is no use to a thread of another, so each grows by itself:
with the four that the libraries' own threads bring, a server under steady load grew by 3 MB a minute of free pieces.
And once an array of some size was freed, it takes the next one of that size from an arena, too, where small things that
live long pin the large holes around them. Measured: benchmarks/soak.py, benchmarks/memory.py.

Python's collector waits for millions of new objects before it looks at old ones. Each closed connection leaves some
that refer to each other (asyncio's transports hold their own method): two kilobytes, by the thousand.
"""

import ctypes
import gc

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

    On a C library that has none of this the thread only collects.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
    trim = getattr(library, "malloc_trim", None)

    def give_back() -> None:
        gc.collect()
        if trim:
            trim(0)

    return Repeating("trim", give_back, every=TRIM_SECONDS)
