"""What the screen tells of the link: its state, and each trouble once."""

import math
from collections.abc import Callable

from chatd_client.updates import LinkChanged, LinkState


class LinkStatus:
    """`clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.state = LinkState.CONNECTING
        self._next_attempt = 0.0  # the time at which the link reconnects
        self._last_error = ""
        self.name = ""  # that which needs a password
        self.secret = False  # what is typed now is a password, or was one that is being checked

    def changed(self, update: LinkChanged) -> tuple[str, str]:
        """The error and the notice to show, each empty where there is none."""
        self.state = update.state
        if update.state is LinkState.RECONNECTING:
            self.secret = self.secret and update.name != ""  # else the user would give it to everyone
        elif update.state is not LinkState.CONNECTING:
            self.secret = update.state is LinkState.LOCKED
        self._next_attempt = self._clock() + update.wait
        if update.state is LinkState.ONLINE:
            self._last_error = ""
            return "", update.why
        error = update.why if update.why != self._last_error else ""
        self._last_error = update.why or self._last_error
        if update.state is LinkState.LOCKED:
            self.name, self._last_error = update.name, ""  # each wrong password is told
            return update.why, "type the password, which is not shown; /name NAME comes in under another name"
        if update.state is LinkState.NAMELESS:
            return error, "which name do you want? type it, and press Enter"
        if error and update.refused and update.state is LinkState.RECONNECTING:
            return error, "/name NAME comes in under another name; until then yours is tried again"
        return error, ""

    @property
    def text(self) -> str:
        """The state, for the status line."""
        waits = self.state in (LinkState.NAMELESS, LinkState.LOCKED)  # for the user
        state: str = (LinkState.OFFLINE if waits else self.state).value
        if self.state is LinkState.RECONNECTING:
            state += f" in {max(0, math.ceil(self._next_attempt - self._clock()))} s"
        return state
