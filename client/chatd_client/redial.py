"""One link after another, under the same name: what the screen, bots, `send` and `tail` share to come back.

The rules:

1. The token of the last link goes along, so that the server knows the same person again, also under another
   name, and what has come goes along as `seen` (see `received`): so nothing is missed.
2. Between two attempts it waits (see `backoff`), except after `interrupt`, which also ends an attempt.
3. A name that is refused without a token is somebody else's: that is not tried again by itself.
"""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, Final

import gevent
from gevent.event import Event as Flag

from chatd_client.backoff import Backoff
from chatd_client.link import Link, LinkError, NameRefused, connect
from chatd_client.received import Received

#: Takes a name, the token of an earlier session and what was seen; raises LinkError.
Connect = Callable[[str, str | None, int | None], Link]

GIVEN_UP: Final = "given up"


def dial(host: str, port: int, others: Iterable[str] = ()) -> Connect:
    """Connect there; `others` are names to try if the one that is asked for is refused."""
    names = tuple(others)
    return lambda name, token, seen: connect(host, port, name, *names, token=token, seen=seen)


class Redial:
    """`name` is asked for first; later that under which the server accepted us."""

    def __init__(self, connect: Connect, name: str, backoff: Backoff | None = None) -> None:
        self._connect = connect
        self._backoff = backoff or Backoff()
        self._began = monotonic()
        self.name = name
        self.token: str | None = None
        self.received = Received()
        self.interrupt = Flag()

    def rename(self, name: str) -> None:
        """Ask for another name from now on."""
        self.name = name

    def opened(self, link: Link, asked: str) -> None:
        """This link is used from now on: keep its token, and the name that the server gave us, unless another
        name than `asked` is wanted by now.
        """
        self._began = monotonic()
        self.token = link.welcome.token
        self.received.begin(link.welcome)
        if asked == self.name:
            self.name = link.welcome.nick

    def ended(self) -> None:
        """The link that was used has ended."""
        self._backoff.link_lasted(monotonic() - self._began)

    @property
    def _seen(self) -> int | None:
        """What to give with the token."""
        return None if self.token is None else self.received.seen

    def attempt(self, name: str, token: str | None, seen: int | None) -> Link | LinkError:
        """Open a link; returns why there is none, for a greenlet that raises would print a traceback."""
        try:
            return self._connect(name, token, seen)
        except LinkError as error:
            return error

    def open(self) -> Link | LinkError:
        """`attempt` under our name, until `interrupt` ends it."""
        opening = gevent.spawn(self.attempt, self.name, self.token, self._seen)
        waited: list[Any] = [opening, self.interrupt]
        try:
            gevent.wait(waited, count=1)
        finally:
            opening.kill()
        return opening.value if isinstance(opening.value, Link | LinkError) else LinkError(GIVEN_UP)

    def is_final(self, error: LinkError) -> bool:
        """Whether another attempt needs another name (rule 3)."""
        return isinstance(error, NameRefused) and self.token is None

    def next_wait(self) -> float:
        """Seconds until the next attempt."""
        return self._backoff.next()

    def first(self) -> Link:
        """The first link, in one attempt; raises LinkError."""
        link = self._connect(self.name, None, None)
        self.opened(link, self.name)
        return link

    def again(self) -> Link:
        """The next link, for a program: nobody can be asked for another name. Raises LinkError when the name
        is somebody else's by now, and after `interrupt`.
        """
        self.ended()
        while not self.interrupt.wait(self.next_wait()):
            link = self.open()
            if isinstance(link, Link):
                self.opened(link, self.name)
                return link
            if isinstance(link, NameRefused):  # with the token, too: another server has given it away
                raise link
        raise LinkError(GIVEN_UP)
