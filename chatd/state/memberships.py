"""A session in a room: how far it has got with what the room says. Those who are equally far share a cursor.

A round that looks at each reader's own objects pays for it: between two sends the kernel has emptied the
processor's caches, and a dozen objects cost a fifth of a delivery. So readers who keep up and have nothing
else waiting are `InStep`, where one cursor and the list of their `sends` is all that a round needs.
"""

from collections.abc import Callable, Sequence
from typing import Final

from chatd.state.feed import Feed


class Membership:
    """`room` is the room's name, `feed` its messages in the session's variant, `cursor` the number of the
    feed's first message that is not in the session's outbox yet; while `in_step` is set, that one's cursor
    holds instead. (How many were skipped is counted by room in the outbox, which may still hold what a room
    said before it was left.)"""

    __slots__ = ("cursor", "feed", "in_step", "room")

    def __init__(self, room: str, feed: Feed) -> None:
        self.room: Final = room
        self.feed: Final = feed
        self.in_step: InStep | None = None
        self.skip_to_end()

    def skip_to_end(self) -> None:
        """What was published so far is not for this session. (It is not in step: it has just caught up.)"""
        self.cursor = self.feed.end


class InStep:
    """Members of one room that have got all of its messages before `cursor`, and to whom nothing else is to
    be written: each message goes to all of them by their `sends`. It ends for all with `break_up`, before
    anything is added to the outbox of one (see Session.catch_up)."""

    __slots__ = ("_members", "cursor", "feed", "sends")

    def __init__(
        self, feed: Feed, members: Sequence[Membership], sends: Sequence[Callable[[bytes], int]]
    ) -> None:
        self.feed: Final = feed
        self.cursor = feed.end
        self.sends = sends
        self._members: Sequence[Membership] = members
        for membership in members:
            membership.in_step = self

    @property
    def broken(self) -> bool:
        return not self._members

    def break_up(self, served: int = 0) -> None:
        """From here on each has its own cursor; the first `served` of them have got everything."""
        for number, membership in enumerate(self._members):
            membership.cursor = self.feed.end if number < served else self.cursor
            membership.in_step = None
        self._members = self.sends = ()
