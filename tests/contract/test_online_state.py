"""Every online state keeps the shipped promises."""

import pytest

from zhanggui.state.checks import online_state_checks
from zhanggui.state.memory import MemoryState
from zhanggui.state.snapshot import read_snapshot, write_snapshot


def reopened(path):
    def make(clock):
        state = MemoryState(clock)
        write_snapshot(state.memory(), path)
        fresh = MemoryState(clock)
        fresh.recall(read_snapshot(path))
        return fresh

    return make


@pytest.mark.parametrize("check", list(online_state_checks()), ids=lambda check: check.__name__)
class TestOnlineState:
    def test_in_memory(self, check):
        check(MemoryState)

    def test_recalled_from_a_snapshot(self, check, tmp_path):
        check(reopened(tmp_path / "state.npz"))
