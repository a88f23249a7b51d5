"""Whatever was acknowledged is there after kill -9."""

import signal
import subprocess
import sys
from contextlib import closing

from zhanggui.data.store import open_store

WRITER = """
import itertools, sys
from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.data.store import open_store
store = open_store(sys.argv[1])
for n in itertools.count():
    store.put_products([Product(f"p{n}")])
    receipt = store.put_events(Event(f"{n}/{k}", "ann", EventType.VIEW, n, f"p{n}") for k in range(3))
    sys.stdout.write(f"{receipt.position}\\n")
    sys.stdout.flush()
"""


def test_acknowledged_writes_survive_being_killed(tmp_path):
    path = tmp_path / "shop.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        acknowledged = [int(writer.stdout.readline()) for _ in range(30)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().splitlines()]
    with closing(open_store(path)) as store:
        changes = store.changes(0, limit=100_000)
        assert store.position() >= acknowledged[-1] == 4 * len(acknowledged)
        assert [change.position for change in changes] == list(range(1, store.position() + 1))
        totals = store.totals()
        assert totals.products + totals.events == len(changes)
