"""Who is here, by name. A name belongs to one session at a time."""

from collections.abc import Iterator

from chatd.protocol.names import fold
from chatd.state.sessions import Session


class Roster:
    """Names and their holders, in order of arrival. Case does not tell two names apart."""

    __slots__ = ("_holders",)

    def __init__(self) -> None:
        self._holders: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._holders)

    def __iter__(self) -> Iterator[Session]:
        return iter(self._holders.values())

    def get(self, nick: str) -> Session | None:
        return self._holders.get(nick.lower())  # as `fold`, without its call, for each direct message

    def put(self, session: Session) -> None:
        """Make `session` the holder of its name; it keeps the place of the one before it."""
        self._holders[fold(session.nick)] = session

    def remove(self, session: Session) -> None:
        del self._holders[fold(session.nick)]
