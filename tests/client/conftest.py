"""What the tests of the client share."""

import signal
from collections.abc import Iterator

import gevent
import pytest

from chatd_client.backoff import Backoff
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


@pytest.fixture
def unchanged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings are found, and what `main` makes of SIGINT does not last."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No attempt is waited for; how many there were."""
    waits: list[float] = []

    def next_wait(_: Backoff) -> float:
        waits.append(0.0)
        return 0.0

    monkeypatch.setattr(Backoff, "next", next_wait)
    return waits
