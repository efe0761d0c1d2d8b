"""The link's thread, and what crosses between it and the screen's."""

import asyncio
from collections.abc import Callable
from typing import cast

from chatd.protocol.requests import Quit
from chatd_client.reconnecting_link import ReconnectingLink
from chatd_client.screen.link_thread import MAX_PENDING, LinkThread, OnUpdates
from chatd_client.updates import LinkChanged, LinkState, Update

BATCHES = 3 * MAX_PENDING


class FakeReconnectingLink:
    """Reports BATCHES batches, then calls `after`."""

    def __init__(self, on_updates: OnUpdates, after: Callable[[], None]) -> None:
        self._on_updates, self._after = on_updates, after
        self.name = ""

    def run(self) -> None:
        for number in range(BATCHES):
            self._on_updates([LinkChanged(LinkState.ONLINE, str(number))])
        self._on_updates([])
        self._after()

    def rename(self, name: str) -> None:
        self._on_updates([LinkChanged(LinkState.NAMELESS, name)])


def fail() -> None:
    raise ZeroDivisionError("a mistake in the link")


def test_everything_arrives_in_order_and_an_error_ends_it() -> None:
    heard: list[Update] = []

    async def talk() -> BaseException:
        loop = asyncio.get_running_loop()
        failed: asyncio.Future[BaseException] = loop.create_future()
        link = LinkThread(
            lambda on_updates: cast(ReconnectingLink, FakeReconnectingLink(on_updates, fail)),
            heard.extend,
            failed.set_result,
            loop,
        )
        link.rename("carol")
        error = await asyncio.wait_for(failed, 10)
        link.close()
        link.leave(Quit())  # nothing crosses any more
        return error

    assert isinstance(asyncio.run(talk()), ZeroDivisionError)
    assert LinkChanged(LinkState.NAMELESS, "carol") in heard
    online = [it.why for it in heard if isinstance(it, LinkChanged) and it.state is LinkState.ONLINE]
    assert online == [str(number) for number in range(BATCHES)]


def test_a_mistake_in_the_screen_does_not_stop_the_reader() -> None:
    mistakes: list[BaseException] = []

    def confused(updates: list[Update]) -> None:
        raise KeyError("a mistake in the screen")

    async def talk() -> BaseException:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: mistakes.append(context["exception"]))
        failed: asyncio.Future[BaseException] = loop.create_future()
        link = LinkThread(
            lambda on_updates: cast(ReconnectingLink, FakeReconnectingLink(on_updates, fail)),
            confused,
            failed.set_result,
            loop,
        )
        error = await asyncio.wait_for(failed, 10)
        link.close()
        return error

    assert isinstance(asyncio.run(talk()), ZeroDivisionError)
    assert len(mistakes) == BATCHES
