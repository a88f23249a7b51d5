"""A Release that is torn is not in use, and whoever looks after the shop is told."""

import pytest

from zhanggui.app.build import opened_shop
from zhanggui.app.settings import load
from zhanggui.core.clock import FixedClock
from zhanggui.data.release import Facts, promote, write_release


@pytest.mark.parametrize(("torn", "told"), [(False, ()), (True, ("release",))])
def test_a_torn_release_shows_in_health(home, torn, told):
    def filled(folder):
        (folder / "notes").write_text("whole")
        return Facts()

    write_release(home, name="r1", clock=FixedClock(1_760_000_000_000), fill=filled)
    promote(home, "r1")
    if torn:
        (home / "releases/r1/notes").write_text("other")
    with opened_shop(load(home=home)) as shop:
        assert (shop.health().degraded, shop.health().release) == (told, "base" if torn else "r1")
