"""One link after another, under the same name: what the screen, bots, `send` and `tail` share to come back.

The rules:

1. The token of the last link goes along, so that the server knows the same person again, also under another
   name, and what has come goes along as `seen` (see `received`): so nothing is missed.
2. Between two attempts it waits (see `backoff`), except after `interrupt`, which also ends an attempt.
3. A name that is refused to who was not here yet is somebody else's: that is not tried again by itself.
   Nor is one that needs a password which nobody has given (see `login`).
4. Who is banned from the server does not come again: an error of that code that answers nothing, and then a
   `bye` for the same reason. (The same error without a `bye` is about a room.)
"""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, Final

import gevent
from gevent.event import Event as Flag

from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Event
from chatd.protocol.requests import Hello
from chatd_client.backoff import Backoff
from chatd_client.link import Banned, Link, LinkError, NameRefused, PasswordNeeded, connect
from chatd_client.login import Login
from chatd_client.received import Received
from chatd_client.wire import PLAIN_TEXT, Security

#: Says the hello; raises LinkError.
Connect = Callable[[Hello], Link]

GIVEN_UP: Final = "given up"


def dial(
    host: str,
    port: int,
    others: Iterable[str] = (),
    *,
    own: bool = True,
    security: Security = PLAIN_TEXT,
) -> Connect:
    """Connect there; `others` are names to try if the one that is asked for is refused; those that are
    registered only where it is not the user's `own`.
    """
    names = tuple(others)

    def open_link(hello: Hello) -> Link:
        tried = () if hello.password else names
        return connect(host, port, hello, *tried, own=own, security=security)

    return open_link


class Redial:
    """`name` is asked for first; later that under which the server accepted us."""

    def __init__(
        self, connect: Connect, name: str, backoff: Backoff | None = None, login: Login | None = None
    ) -> None:
        self._connect = connect
        self._backoff = backoff or Backoff()
        self._began = monotonic()
        self.name = name
        self.login = login or Login()
        self.been = False  # there was a link already
        self.received = Received()
        self.interrupt = Flag()
        self._banned = ""  # of rule 4: why

    def rename(self, name: str) -> None:
        """Ask for another name from now on."""
        self.name = name
        self.login.rename(name)

    def opened(self, link: Link, asked: str) -> None:
        """This link is used from now on: keep its token, and the name that the server gave us, unless another
        name than `asked` is wanted by now.
        """
        self._began, self.been = monotonic(), True
        self.login.welcomed(link.welcome, asked)
        self.received.begin(link.welcome)
        if asked == self.name:
            self.name = link.welcome.nick

    def ended(self) -> None:
        """The link that was used has ended."""
        self._backoff.link_lasted(monotonic() - self._began)

    def is_new(self, event: Event, lobby_only: bool) -> bool:
        """Take note of the event; False for one that came before (see `received`)."""
        if isinstance(event, Error) and event.code == Code.BANNED and event.ref is None:
            self._banned = event.text
        self.name = self.login.happened(event, self.name)
        return self.received.is_new(event, lobby_only)

    def why_ended(self, why: str) -> LinkError:
        """The link that was used has ended for this reason."""
        return Banned(why) if why and why == self._banned else LinkError(why)

    def attempt(self, hello: Hello) -> Link | LinkError:
        """Open a link; returns why there is none, for a greenlet that raises would print a traceback."""
        try:
            return self._connect(hello)
        except LinkError as error:
            return error

    def _hello(self) -> Hello:
        """What one has seen is above 0, or one was nobody before: an account would be told all there is."""
        tells = self.been and (self.received.seen > 0 or not self.login.account)
        return self.login.hello(self.name, self.received.seen if tells else None)

    def open(self) -> Link | LinkError:
        """`attempt` under our name, until `interrupt` ends it."""
        name = self.name
        opening = gevent.spawn(self.attempt, self._hello())
        waited: list[Any] = [opening, self.interrupt]
        try:
            gevent.wait(waited, count=1)
        finally:
            opening.kill()
        link = opening.value if isinstance(opening.value, Link | LinkError) else LinkError(GIVEN_UP)
        if isinstance(link, LinkError):
            self.login.refused(name, link)
        return link

    def is_final(self, error: LinkError) -> bool:
        """Whether another attempt needs another name, or a password (rule 3)."""
        if isinstance(error, PasswordNeeded):
            return not self.login.has_password
        return isinstance(error, NameRefused) and not self.been

    def next_wait(self) -> float:
        """Seconds until the next attempt."""
        return self._backoff.next()

    def first(self) -> Link:
        """The first link, in one attempt, and one for each password that is asked for; raises LinkError."""
        while isinstance(link := self.attempt(self._hello()), LinkError):
            self.login.refused(self.name, link)
            if not self.login.ask_again(self.name, link):
                raise link
        self.opened(link, self.name)
        return link

    def again(self) -> Link:
        """The next link, for a program: nobody can be asked for another name, or a password. Raises LinkError
        when the name is somebody else's by now, when the user is banned, and after `interrupt`.
        """
        self.ended()
        while not self.interrupt.wait(self.next_wait()):
            link = self.open()
            if isinstance(link, Link):
                self.opened(link, self.name)
                return link
            # the first with the token, too: another server has given it away
            if isinstance(link, NameRefused | Banned) or (
                isinstance(link, PasswordNeeded) and self.is_final(link)
            ):
                raise link
        raise LinkError(GIVEN_UP)
