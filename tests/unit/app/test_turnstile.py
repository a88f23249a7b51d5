"""How many are at work at a time, in which order the others follow, and that no place is lost."""

import asyncio
import functools

from zhanggui.app.web.turnstile import Turnstile

SECONDS = 20


def in_a_loop(test):
    @functools.wraps(test)
    def run():
        asyncio.run(test())

    return run


class Works:
    """Works that pass a turnstile and stay until they are told to go."""

    def __init__(self, places, *, seconds=SECONDS):
        self.turnstile = Turnstile(places, seconds=seconds)
        self.inside, self.tasks, self.go = [], [], {}

    async def begin(self, *names):
        for name in names:
            self.go[name] = asyncio.Event()
            self.tasks.append(asyncio.create_task(self._work(name), name=name))
        await self.rest()

    async def end(self, *names):
        for name in names:
            self.go[name].set()
        await self.rest()

    async def rest(self):
        for _ in range(5):
            await asyncio.sleep(0)

    async def _work(self, name):
        async with self.turnstile.passed():
            self.inside.append(name)
            try:
                await self.go[name].wait()
            finally:
                self.inside.remove(name)


@in_a_loop
async def test_so_many_at_a_time_in_the_order_in_which_they_came():
    works = Works(2)
    await works.begin("a", "b", "c", "d")
    assert works.inside == ["a", "b"]
    await works.end("b")
    assert works.inside == ["a", "c"]
    await works.end("a", "c")
    assert works.inside == ["d"]


@in_a_loop
async def test_whoever_leaves_while_waiting_or_fails_at_work_takes_no_place_along():
    works = Works(1)
    await works.begin("a", "b", "c")
    works.tasks[1].cancel()
    works.tasks[0].cancel()
    await works.rest()
    assert works.inside == ["c"]
    await works.end("c")
    await works.begin("d", "e")
    assert works.inside == ["d"]


@in_a_loop
async def test_the_place_of_one_that_is_stuck_goes_to_the_next_once_and_comes_back():
    works = Works(1, seconds=0.01)
    await works.begin("stuck", "next", "third")
    async with asyncio.timeout(SECONDS):
        while works.inside != ["stuck", "next"]:
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.03)
    assert works.inside == ["stuck", "next"], "one place, one lent: no more, however long they take"
    await works.end("stuck")
    assert works.inside == ["next"], "its place was given away"
    await works.end("next")
    assert works.inside == ["third"]
    await works.end("third")
    works.turnstile._seconds = SECONDS
    await works.begin("fourth", "fifth")
    assert works.inside == ["fourth"]
