"""With what one comes to the server: a guest with nothing but a name; who has an account with the token of
this device, else with the password, which is never kept.

1. A token belongs to a name. One that the server does not know any more is forgotten, and so is one whose
   account is no more.
2. A password is sent once. What the server gives for it is the token of this device.
3. Where a password is asked for, it is asked for TRIES times.
4. What a server says without being asked changes no file: neither a token, nor that the account is no more.
"""

import socket
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from chatd.protocol.events import Event, Welcome
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import fold
from chatd.protocol.people_events import Done, Renamed
from chatd.protocol.people_requests import Register, Unregister
from chatd.protocol.requests import Hello, Request
from chatd_client.device_tokens import DeviceTokens
from chatd_client.link import LinkError, PasswordNeeded, PasswordNotTaken

#: How often a password is asked for.
TRIES: Final = 3
#: The `ref` of the request that gives up the account.
UNREGISTER: Final = "unregister"

#: Takes the name for which it is, and why it is asked for; returns the password.
AskPassword = Callable[[str, str], str]


def device_name() -> str:
    """What this device is called in the list of devices."""
    return f"chat on {socket.gethostname()}"[: DEFAULT.device_name]


def with_device(request: Register) -> Register:
    """The request, with the name of this device."""
    return replace(request, device=request.device or device_name())


class Login:
    """`token` is that of a device. `password` is for a program: it is given again when the token that the
    server gave for it is not taken any more. `tokens` are those that are kept; `ask` asks the user. `own`:
    the user says that the name is theirs.
    """

    def __init__(
        self,
        token: str | None = None,
        password: str | None = None,
        tokens: DeviceTokens | None = None,
        ask: AskPassword | None = None,
        own: bool = True,
    ) -> None:
        self.token, self.own = token, own
        self._password = self._own_password = password
        self._tokens, self._ask = tokens or DeviceTokens(None), ask
        self._asked = self._wrong = 0
        self.account = False  # the name is the user's own
        self._awaited: set[type[Request]] = set()  # asked for, and not done yet, of rule 4
        #: Is told what went wrong with a file.
        self.tell: Callable[[str], None] = lambda sentence: None

    def begin(self, name: str, *, by_password: bool = False) -> None:
        """The user comes as `name`."""
        if by_password:
            self.give(self._ask_once(name, ""))
        elif self.token is None:
            self.token = self._tokens.find(name)

    def rename(self, name: str) -> None:
        """The user wants to be `name`. The token of an account is that account's, whatever the name."""
        kept = self._tokens.find(name)
        if kept is not None or self.account:
            self.token = kept
        self.account, self._wrong, self._password, self._own_password = False, 0, None, None

    def hello(self, name: str, seen: int | None) -> Hello:
        """What to say first. A new password makes a new device."""
        if self._password is not None:
            return Hello(nick=name, seen=seen, password=self._password, device=device_name())
        return Hello(nick=name, token=self.token, seen=seen)

    def hello_as(self, name: str) -> Hello:
        """The same for another name than one has."""
        return Hello(nick=name, token=self._tokens.find(name))

    def welcomed(self, welcome: Welcome, asked: str) -> None:
        """The server took it."""
        self._password, self._wrong = None, 0
        self._awaited.clear()
        self.token, self.account = welcome.token, welcome.account
        if not welcome.account:
            self._tokens.forget(welcome.nick)
            return
        if fold(asked) != fold(welcome.nick):  # the account has another name by now
            self._tokens.forget(asked)
        self._keep(welcome.nick)

    def _keep(self, name: str) -> None:
        if self.token and (why := self._tokens.keep(name, self.token)):
            self.tell(why)

    def refused(self, name: str, error: LinkError) -> None:
        """The server did not take it. A newer token, which another program keeps meanwhile, stays."""
        if not isinstance(error, PasswordNeeded):
            return
        if self._password is not None:
            self._password = None
            self._wrong += not isinstance(error, PasswordNotTaken)
        elif self.token is not None:
            if self._tokens.find(name) == self.token:
                self._tokens.forget(name)
            self.token, self._password = None, self._own_password

    # -- passwords --------------------------------------------------------------------------------------

    @property
    def has_password(self) -> bool:
        """Whether there is one to be given."""
        return self._password is not None

    @property
    def exhausted(self) -> bool:
        """Whether enough passwords were wrong."""
        return self._wrong >= TRIES

    def give(self, password: str) -> None:
        """The user gives a password. Too long a one is cut, but not to one that could be right."""
        self._password = password[: DEFAULT.password + 1]

    def ask_again(self, name: str, error: LinkError) -> bool:
        """Ask the user for a password, if that may help."""
        if isinstance(error, PasswordNotTaken) or not isinstance(error, PasswordNeeded):
            return False
        if self._ask is None or self._asked >= TRIES:
            return self._password is not None  # of a program, whose token was not taken
        self.give(self._ask_once(name, str(error) if self._asked else ""))
        return True

    def _ask_once(self, name: str, why: str) -> str:
        self._asked += 1
        return self._ask(name, why) if self._ask is not None else ""

    # -- what happens later -----------------------------------------------------------------------------

    def asked(self, request: Request) -> Request:
        """The request, which is about to be sent, as it is to be."""
        match request:
            case Register():
                request = with_device(request)
            case Unregister():
                request = replace(request, ref=request.ref or UNREGISTER)
            case _:
                return request
        self._awaited.add(type(request))
        return request

    def happened(self, event: Event, name: str) -> str:
        """The server says this to `name`; returns the name that one has now."""
        match event:
            case Renamed(old=old, new=new) if fold(old) == fold(name):
                if self.account and self._tokens.takes(new):
                    self._tokens.forget(old)
                    self._keep(new)
                return new
            case Done(token=str(token)) if Register in self._awaited:
                self._awaited.discard(Register)
                self.token, self.account = token, True
                self._keep(name)
            case Done(ref=ref) if ref == UNREGISTER and Unregister in self._awaited:
                self._awaited.discard(Unregister)
                self.account = False
                self._tokens.forget(name)
        return name
