"""What the controller calls on the link. LinkThread keeps this contract; in tests a recorder does."""

from collections.abc import Iterable
from typing import Protocol

from chatd.protocol.requests import Quit, Request
from chatd_client.outgoing import Message


class LinkControl(Protocol):
    """See reconnecting_link.py."""

    def post(self, message: Message) -> None: ...

    def ask(self, request: Request) -> None: ...

    def cancel(self, refs: Iterable[str]) -> None: ...

    def reconnect(self) -> None: ...

    def rename(self, name: str) -> None: ...

    def give_password(self, password: str) -> None: ...

    def leave(self, request: Quit) -> None: ...
