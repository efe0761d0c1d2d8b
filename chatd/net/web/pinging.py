"""Browsers are pinged now and then: proxies close what is silent. One frame does it for all of them, in the
lobby, in which everyone is."""

import gevent

from chatd.behaviour.fanout import remind
from chatd.protocol.dialects import FRAMES
from chatd.protocol.frames import ping_frame
from chatd.state.server_state import ServerState


class Pinger:
    """From `start` to `stop`."""

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._greenlet = gevent.Greenlet(self._run)

    def start(self) -> None:
        self._greenlet.start()

    def stop(self) -> None:
        """Does not wait."""
        self._greenlet.kill(block=False)

    def _run(self) -> None:
        while True:
            gevent.sleep(self._state.limits.ping_interval)
            remind(self._state, FRAMES, ping_frame())
