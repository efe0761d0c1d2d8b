"""What has come from the server, over one connection after another, so that what is missed in between comes
exactly once.

1. `seen` is what the client tells when it comes back: everything up to this id has come. In several rooms the
   server says so by its marks; in the lobby only it is the last id of what was said there. (Direct messages,
   topics and acts are never skipped, so they may come before it is told that something below them was.)
   Before there is any it is 0: nobody is told what was said before it came.
2. Who comes back as the same person (`welcome.resumed`) *catches up*: what it missed comes in the order of
   ids, then its rooms, then a mark. Some of it may have come before, and is dropped: what is not above the
   last id of its conversation, for which the topics and the acts of a room count as one of their own.
3. Who comes as a new person begins anew.
"""

from typing import Final

from chatd.protocol.events import DirectMessage, Event, Mark, RoomInfo, Said, Skipped, TopicSet, Welcome
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import Acted

#: Conversations whose last ids are kept: many more than a server lets one be in.
MAX_CONVERSATIONS: Final = 1000
#: In place of a room: all direct messages; before it: its topics and acts.
_DIRECT: Final = ""
_TOPICS: Final = "topics "


class Received:
    """Of one user, on the connection of the last welcome."""

    def __init__(self) -> None:
        self.seen = 0
        self.catching_up = False
        self._rooms_told = False  # the end of what was missed
        self._last: dict[str, int] = {}  # id by conversation, the most recent last

    def begin(self, welcome: Welcome) -> None:
        """There is another connection."""
        self.catching_up, self._rooms_told = welcome.resumed, False
        if not welcome.resumed:
            self.seen = 0
            self._last.clear()

    def is_new(self, event: Event, lobby_only: bool) -> bool:
        """Take note of the event; False for one that is of no interest, since it came before. `lobby_only`:
        the user is in no other room, and did not ask for one.
        """
        match event:
            case Mark(id=id):
                caught_up = self.catching_up and self._rooms_told
                self.catching_up = self.catching_up and not caught_up
                self.seen = max(self.seen, id)
                return caught_up
            case RoomInfo():
                self._rooms_told = True
            case Skipped(room=room, before=int(before)) if self.catching_up:
                return before > self._last.get(room, 0) + 1
            case Said(room=room, id=id):
                if lobby_only:
                    self.seen = max(self.seen, id)
                return self._has_come(room, id)
            case TopicSet(room=room, id=id) | Acted(room=room, id=id):
                return self._has_come(_TOPICS + room, id)
            case DirectMessage(id=id):
                return self._has_come(_DIRECT, id)
            case HistoryPage(room=str(room), messages=messages):
                self._note(room, messages[-1].id if messages else 0)  # it does not come again
        return True

    def _has_come(self, conversation: str, id: int) -> bool:
        return id > self._note(conversation, id) or not self.catching_up

    def _note(self, conversation: str, id: int) -> int:
        """Returns the id that was the last one before."""
        before = self._last.pop(conversation, 0)
        self._last[conversation] = max(before, id)
        if len(self._last) > MAX_CONVERSATIONS:
            del self._last[next(iter(self._last))]
        return before
