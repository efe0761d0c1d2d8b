"""The newest entries, in memory.

An entry is only noted when it comes, which is all that a message may cost; whoever reads sorts what came
since the last time into its conversations.
"""

from collections import deque

from chatd.state.entry_rows import stored
from chatd.state.message_log import Entry
from chatd.state.stored_entries import Conversation, Page, Span, StoredEntry


class RecentEntries:
    """At most `most` of them."""

    __slots__ = ("_conversations", "_new", "_sorted", "note")

    def __init__(self, most: int) -> None:
        self._new: deque[Entry] = deque(maxlen=most)
        self.note = self._new.append
        self._sorted: deque[StoredEntry] = deque()
        self._conversations: dict[Conversation, deque[StoredEntry]] = {}

    def page(self, conversation: Conversation, span: Span) -> Page:
        """What there is of the span. Entries that are forgotten count as never there."""
        self._sort()
        before, after = span.before, span.after
        found = [
            entry
            for entry in self._conversations.get(conversation, ())
            if (before is None or entry.id < before) and (after is None or entry.id > after)
        ]
        newest = after is None
        return Page(found[-span.limit :] if newest else found[: span.limit], len(found) > span.limit)

    def _sort(self) -> None:
        """Put what is new into its conversation, and forget the oldest."""
        for entry in self._new:
            kept = stored(entry)
            self._sorted.append(kept)
            self._conversations.setdefault((kept.first, kept.second), deque()).append(kept)
        most = self._new.maxlen or 0
        self._new.clear()
        while len(self._sorted) > most:
            oldest = self._sorted.popleft()
            conversation = oldest.first, oldest.second
            entries = self._conversations[conversation]
            entries.popleft()
            if not entries:
                del self._conversations[conversation]
