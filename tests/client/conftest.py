"""What the tests of the client share."""

from collections.abc import Iterator

import gevent
import pytest

from tests.support.scripted_server import ScriptedServer

#: Seconds. Nothing here takes nearly so long.
WATCHDOG = 30.0


@pytest.fixture
def watchdog() -> Iterator[None]:
    with gevent.Timeout(WATCHDOG):
        yield


@pytest.fixture
def peer() -> Iterator[ScriptedServer]:
    with ScriptedServer() as peer:
        yield peer
