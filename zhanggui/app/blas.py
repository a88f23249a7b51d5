"""Have matrices multiplied on the thread that asks.

The library beneath numpy keeps a thread for each core. After every product, be it of ten rows, these stay awake for
a while to wait for the next one, and take the core from whoever answers shoppers: a search among
200,000 products took 87 ms of processor instead of 41, and a query's ten tokens as long to rotate as to read. Pages
are made side by side, so that one thread each is what all cores are worth. Measured: benchmarks/slopes.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Have products use one thread each, whichever thread of the process asks for them."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield
