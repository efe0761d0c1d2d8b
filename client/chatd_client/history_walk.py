"""What was said in a room, or between two people, page by page and in order: the side of it without a link.

The rules:

1. Each page is asked for so that it begins with the last message that is here already. Where it does not, the
   server does not keep that one any more, and what came behind it may be gone with it: that is a `hole`,
   and it is never silent.
2. A page has to keep what the protocol promises: it is of this conversation, its ids rise, and one that says
   that there is more has something new. One that does not is a BadHistory, so that nobody walks in a circle.
3. Asked twice, the same page brings nothing twice.
"""

from itertools import pairwise
from typing import Final

from msgspec.structs import replace

from chatd.protocol.errors import Code
from chatd.protocol.events import DirectMessage
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.requests import History

#: What a server answers that cannot read now, but later.
RETRIED: Final = (Code.BUSY, Code.UNAVAILABLE)
#: In words, for a hole.
NOT_KEPT: Final = "the server does not keep all of it any more"
#: Seconds until it is asked again.
ASKED_AGAIN = 2.0
#: Messages of a page: as many as a server gives.
PAGE: Final = 500

_NOT_IN_ORDER: Final = "the server's history is not in order"
_NOT_GIVEN: Final = "the server has more history and does not give it"


class BadHistory(Exception):
    """The server's answer is no page of what was asked for: one sentence."""


class HistoryWalk:
    """From `since` (milliseconds since the epoch) on, or the `newest` so many messages, or all behind the
    one with the id `reached`, or all that there is. `conversation` is a request that says which, with its
    `ref`.
    """

    def __init__(self, conversation: History, *, since: int = 0, newest: int = 0, reached: int = 0) -> None:
        self._conversation = conversation
        self._since, self._newest = since, newest
        self._collected: list[Told] = []  # of the newest, those that came; they come from the end
        self.reached = reached  # the id of the last message that is here
        self.at_end = False  # there was nothing more when the last page was made
        self.hole = False

    @property
    def request(self) -> History:
        """What to ask next."""
        ask = self._conversation
        if self._newest:
            before = self._collected[0].id if self._collected else None
            return replace(ask, before=before, limit=min(PAGE, self._newest - len(self._collected)))
        if self.reached:
            return replace(ask, after=self.reached - 1, limit=PAGE)
        # `after` is for a server that does not know `since`: it gives all that there is, not the newest page.
        return replace(ask, after=0, since=self._since or None, limit=PAGE)

    def take(self, page: HistoryPage) -> list[Told]:
        """The messages of the answer that are not here yet. Raises BadHistory."""
        messages = [*page.messages]
        self._check(page, messages)
        return self._collect(messages, page.more) if self._newest else self._go_on(messages, page.more)

    def _check(self, page: HistoryPage, messages: list[Told]) -> None:
        ask = self._conversation
        rooms = {None if isinstance(each, DirectMessage) else each.room for each in messages}
        if page.room != ask.room or not rooms <= {ask.room}:
            raise BadHistory("the server's history is that of another conversation")
        if any(second.id <= first.id for first, second in pairwise(messages)):
            raise BadHistory(_NOT_IN_ORDER)

    def _go_on(self, messages: list[Told], more: bool) -> list[Told]:
        if self.reached and (not messages or messages[0].id > self.reached):
            self.hole = True
        new = [each for each in messages if each.id > self.reached]
        if more and not new:
            raise BadHistory(_NOT_GIVEN)
        if new:
            self.reached = new[-1].id
        self.at_end = not more
        return [each for each in new if each.at >= self._since]

    def _collect(self, messages: list[Told], more: bool) -> list[Told]:
        """Nothing until all of the newest are there."""
        if self._collected and messages and messages[-1].id >= self._collected[0].id:
            raise BadHistory(_NOT_IN_ORDER)
        self._collected = [*messages, *self._collected][-self._newest :]
        if more and not messages:
            raise BadHistory(_NOT_GIVEN)
        if more and len(self._collected) < self._newest:
            return []
        found, self._collected, self._newest = self._collected, [], 0
        self.reached = found[-1].id if found else 0
        self.at_end = len(found) == len(messages)  # of several pages the newest is old by now
        return found
