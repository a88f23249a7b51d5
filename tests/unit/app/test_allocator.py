import ctypes
import subprocess
import sys
import threading
import weakref

import pytest

from zhanggui.app.allocator import calm

_ARENAS = """
import ctypes, re, sys, tempfile, threading

sys.argv = ["zhanggui", "--version"]
from zhanggui.__main__ import main

try:
    main()
except SystemExit as end:
    assert not end.code
library, barrier = ctypes.CDLL(None), threading.Barrier(8)
library.malloc.restype = library.fopen.restype = ctypes.c_void_p

def work():
    library.malloc(100_000)
    barrier.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with tempfile.NamedTemporaryFile() as told:
    file = ctypes.c_void_p(library.fopen(told.name.encode(), b"w"))
    library.malloc_info(0, file)
    library.fclose(file)
    sys.stdout.write(str(len(re.findall("<heap ", told.read().decode()))))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="only the GNU C library tells its arenas")
def test_all_threads_of_the_command_share_one_arena():
    run = subprocess.run([sys.executable, "-c", _ARENAS], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "1"


def test_what_refers_to_itself_does_not_wait_for_the_collector():
    class Closed:
        pass

    gone, closed = threading.Event(), Closed()
    closed.itself = closed
    watch = weakref.ref(closed, lambda _: gone.set())
    del closed
    trim = calm()
    trim.start()
    assert gone.wait(timeout=10) and watch() is None
    trim.stop()
