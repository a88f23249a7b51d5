"""How long a state machine looks, and how it begins: seconds as a rule, minutes with `--hypothesis-profile deep`."""

import tempfile
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings

from zhanggui.core.protocols import Store
from zhanggui.data.store import open_store


def pace(*, examples: int, steps: int) -> settings:
    """Return settings for so many lives of so many steps; the profile `deep` lives 50 times as many, twice as long."""
    deep = settings.default.max_examples // 100 > 1
    return settings(
        max_examples=examples * 50 if deep else examples,
        stateful_step_count=steps * 2 if deep else steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        open_store(Path(folder) / "shop.db").close()
        return (Path(folder) / "shop.db").read_bytes()


def new_store(path: Path) -> Store:
    """Open a new Store on SQLite; its tables are made once for all lives."""
    path.write_bytes(_template())
    return open_store(path)
