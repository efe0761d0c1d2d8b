"""Acts of moderation where nothing outlives the server: the newest, for whoever asks what was done. (What
holds because of them is in memory above.)"""

from collections import deque
from itertools import islice
from typing import Final

from chatd.state.entry_rows import stored
from chatd.state.message_log import ActEntry
from chatd.state.stored_entries import PAGE_LIMIT, StoredEntry
from chatd.state.stored_rulings import AuditQuestion, AuditRows
from chatd.store.erased import without
from chatd.store.recent_entries import RecentEntries

#: Acts that are known.
_MOST: Final = 10_000


class MemoryActs:
    """`acts` are those of the audit, in order, each with the name of its room; what they remove is shown in
    `recent` no longer."""

    __slots__ = ("_recent", "acts")

    def __init__(self, recent: RecentEntries) -> None:
        self._recent: Final = recent
        self.acts: Final[deque[tuple[str, StoredEntry]]] = deque(maxlen=_MOST)

    def note(self, act: ActEntry) -> None:
        self.acts.append((act.room.name, stored(act)))
        if act.removes is not None:
            self._recent.delete(act.removes, act.author.person.nick)

    def of_person(self, person: int, after: int) -> list[tuple[str, StoredEntry]]:
        """Those by it, or about it, above an id."""
        found = ((name, act) for name, act in self.acts if act.id > after)
        return [(name, act) for name, act in found if without({person}, act) is not act]

    def erase(self, person: int) -> None:
        """Those by it, or about it, are so without a name from now on."""
        for place, (name, act) in enumerate(self.acts):
            left = without({person}, act)
            if left is not None and left is not act:
                self.acts[place] = name, left

    def read(self, question: AuditQuestion) -> AuditRows:
        """See MessageLog.read_audit."""
        limit = max(0, min(question.limit, PAGE_LIMIT))
        fitting = (one for one in reversed(self.acts) if _fits(one[1], question))
        found = list(islice(fitting, limit + 1))
        return AuditRows(found[:limit][::-1], len(found) > limit)


def _fits(act: StoredEntry, question: AuditQuestion) -> bool:
    return (question.room is None or act.first == question.room) and (
        question.before is None or act.id < question.before
    )
