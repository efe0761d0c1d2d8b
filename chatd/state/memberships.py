"""A session in a room: how far it has got with what the room says."""

from typing import Final

from chatd.state.feed import Feed


class Membership:
    """`room` is the room's name, `feed` its messages in the session's variant, `cursor` the number of the
    feed's first message that is not in the session's outbox yet. (How many were skipped is counted by room in
    the outbox, which may still hold what a room said before it was left.)"""

    __slots__ = ("cursor", "feed", "room")

    def __init__(self, room: str, feed: Feed) -> None:
        self.room: Final = room
        self.feed: Final = feed
        self.skip_to_end()

    def skip_to_end(self) -> None:
        """What was published so far is not for this session."""
        self.cursor = self.feed.end
