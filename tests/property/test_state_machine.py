"""The online state, led by the feed through a random life, is what it would be if it were built anew."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.property.pace import pace
from zhanggui.core.clock import FixedClock
from zhanggui.core.event import Event
from zhanggui.core.ids import DAY, HOUR, MINUTE
from zhanggui.data.store import MemoryStore
from zhanggui.engine.projections import Projections
from zhanggui.engine.state_file import StateFile, load
from zhanggui.retrieval.index import MemoryIndex
from zhanggui.retrieval.text.analyser import Analyser
from zhanggui.state.checks import NOW
from zhanggui.state.interest import REMEMBERED
from zhanggui.state.memory import MemoryState

ANALYSER = Analyser()
USERS, ITEMS = ["a", "b", "c", "d"], ["w", "x", "y", "z"]
AGES = st.integers(0, 40).map(lambda n: n * 6 * HOUR) | st.integers(-MINUTE, MINUTE) | st.just(-9 * DAY)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(USERS),
        st.sampled_from(ITEMS),
        st.sampled_from(sorted(REMEMBERED)),
        AGES,
        st.sampled_from(["", "", "", "", "", "", "", "phone"]),
    ),
    max_size=8,
)


class OnlineStates(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "online.npz"
        self.clock, self.store = FixedClock(NOW), MemoryStore()
        self.serial = 0

    @initialize(acts=st.sampled_from([500, 500, 3]), users=st.sampled_from([500, 500, 3]), batch=st.integers(1, 7))
    def begin(self, acts, users, batch):
        self.bounds, self.batch = {"acts_per_user": acts, "max_users": users}, batch
        self.roomy = acts == users == 500
        self.open()

    def open(self):
        self.state = MemoryState(self.clock, **self.bounds)
        self.file = StateFile(self.state, self.path)
        self.file.open(self.store)
        index = MemoryIndex(analyser=ANALYSER, dim=1)
        index.apply([], self.state.position)
        self.projections = Projections(self.store, index, self.state, erased=(self.file.remove,), batch=self.batch)

    def teardown(self):
        self.folder.cleanup()

    @rule(events=EVENTS)
    def put(self, events):
        for user, item, kind, age, anonymous in events:
            self.serial += 1
            time = self.clock.now() - age
            self.store.put_events([Event(str(self.serial), user, kind, time, item, anonymous_id=anonymous)])

    @rule(users=st.lists(st.sampled_from([*USERS, "phone"]), min_size=1, max_size=2))
    def erase(self, users):
        self.store.erase_users(users)

    @rule(user=st.sampled_from(USERS))
    def erase_whom_it_knows(self, user):
        self.follow()
        self.store.erase_users([user])
        self.follow()

    @rule(age=st.integers(0, 9))
    def forget(self, age):
        self.store.forget_before(self.clock.now() - age * DAY)

    @rule(minutes=st.integers(0, 90))
    def time_goes_by(self, minutes):
        self.follow()  # what lies within the tolerance now must not be judged later
        self.clock.advance(minutes * MINUTE)

    @rule()
    def keep(self):
        self.file.save()

    @rule()
    def reopen(self):
        self.open()

    @rule()
    def follow(self):
        self.projections.catch_up()
        assert self.state.position == self.store.position()
        anew = MemoryState(self.clock, **self.bounds)
        load(anew, self.store)
        if self.bounds["max_users"] == 500:
            assert all(self.state.history(user) == anew.history(user) for user in USERS)
            assert sorted(self.state.users(k=9)) == sorted(anew.users(k=9))
        gone = [user for user in USERS if not self.store.events_of(user)]
        assert not any(self.state.history(user) for user in gone)
        if self.roomy:
            assert self.state.popular(k=9) == anew.popular(k=9)
            assert self.state.shoppers(ITEMS).tolist() == anew.shoppers(ITEMS).tolist()
            ours, theirs = dict(self.state.trending(k=9)), dict(anew.trending(k=9))
            assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6)


TestOnlineStates = OnlineStates.TestCase
TestOnlineStates.settings = pace(examples=60, steps=20)
