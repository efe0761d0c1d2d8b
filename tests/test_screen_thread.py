"""Where the screen's thread and the keeper's meet."""

import asyncio
from collections.abc import Callable
from typing import cast

from chatd.requests import Quit
from client.keeper import Changed, Happening, Keeper, Phase
from client.screen.thread import AHEAD, Hear, KeeperThread

BATCHES = 3 * AHEAD


class Fake:
    """A keeper that tells many things, then fails or waits to be told to leave."""

    def __init__(self, hear: Hear, after: Callable[[], None]) -> None:
        self._hear, self._after = hear, after
        self.name = ""

    def run(self) -> None:
        for number in range(BATCHES):
            self._hear([Changed(Phase.ONLINE, str(number))])
        self._hear([])
        self._after()

    def rename(self, name: str) -> None:
        self._hear([Changed(Phase.NAMELESS, name)])


def fail() -> None:
    raise ZeroDivisionError("a mistake in the keeper")


def test_everything_arrives_in_order_and_an_error_ends_it() -> None:
    heard: list[Happening] = []

    async def talk() -> BaseException:
        loop = asyncio.get_running_loop()
        failed: asyncio.Future[BaseException] = loop.create_future()
        link = KeeperThread(
            lambda hear: cast(Keeper, Fake(hear, fail)), heard.extend, failed.set_result, loop
        )
        link.rename("carol")
        error = await asyncio.wait_for(failed, 10)
        link.close()
        link.leave(Quit())  # nothing crosses any more
        return error

    assert isinstance(asyncio.run(talk()), ZeroDivisionError)
    online = [it.why for it in heard if isinstance(it, Changed) and it.phase is Phase.ONLINE]
    assert online == [str(number) for number in range(BATCHES)]
