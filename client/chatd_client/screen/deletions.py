"""Messages that were deleted: which, and what is to be read in their place.

A message may be in windows, in the answer to a question, and in pages that were read before it was deleted
and come later. So the latest deletions are known, whatever shows a message asks here for how it reads now,
and lines that are there are changed in place, once for all that an update has deleted. Where an account is
erased that is done to all that stands under its name; later somebody else may have it.
"""

from itertools import islice
from typing import Final

from msgspec.structs import replace

from chatd.protocol.events import Event, Said
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.moderation_events import Acted
from chatd.protocol.names import fold
from chatd_client.screen.cells import shown

#: The `kind` of a message that was deleted.
DELETED: Final = "deleted"
#: What stands in place of the name and of the words of whoever was erased.
ERASED: Final = "[deleted]"
#: Those that are known: more than anyone deletes before the next page comes.
MOST: Final = 2000


class Deletions:
    """By the id of the message."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._new: dict[int, str] = {}
        self._erased: set[str] = set()  # folded names

    def happened(self, event: Event) -> None:
        """Take note of what the server says."""
        match event:
            case Acted(act="delete", message=int(id), by=by):
                self._note(id, f"[deleted by {by}]")
            case Acted(act="erase", whom=str(name)):
                self._erased.add(fold(shown(name)))
            case HistoryPage():
                for message in event.messages:
                    if isinstance(message, Said) and message.kind == DELETED:
                        self._note(message.id, message.text)

    def _note(self, id: int, text: str) -> None:
        if not id or self._texts.get(id) == text:  # no message has the id 0, but all other lines
            return
        self._texts[id] = self._new[id] = text
        if len(self._texts) > MOST:
            for oldest in [*islice(self._texts, MOST // 2)]:
                del self._texts[oldest]

    def shown_again(self, id: int) -> None:
        """There is another line of this message, made before its id was known."""
        if id in self._texts:
            self._new[id] = self._texts[id]

    def take(self) -> dict[int, str]:
        """Those since the last call, for the lines that are there."""
        new, self._new = self._new, {}
        return new

    def take_erased(self) -> set[str]:
        """The accounts that are no more, since the last call."""
        names, self._erased = self._erased, set()
        return names

    def now(self, message: Told) -> Told:
        """The message as it is to be read."""
        text = self._texts.get(message.id)
        if text is None or not isinstance(message, Said):
            return message
        return replace(message, text=text, kind=DELETED)
