"""What is left of an entry when a person is erased that it has to do with.

What somebody said in a room becomes a deleted message of nobody's; a direct message is there no longer; an
act of moderation stays, without the name.
"""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from chatd.state.stored_entries import ERASED, EntryKind, StoredEntry
from chatd.state.stored_rulings import act_of, as_text


def without(persons: Collection[int], entry: StoredEntry) -> StoredEntry | None:
    """It, when these persons are erased; None: it is there no longer."""
    if entry.second:
        return None if entry.first in persons or entry.second in persons else entry
    if entry.kind is EntryKind.ACT:
        return _act_without(persons, entry)
    if entry.person not in persons:
        return entry
    return replace(entry, sender=ERASED, person=0, kind=EntryKind.DELETED, key=None, text="")


def _act_without(persons: Collection[int], entry: StoredEntry) -> StoredEntry:
    if entry.person in persons:
        entry = replace(entry, sender=ERASED, person=0, key=None)
    act = act_of(entry)
    if act.person in persons:
        nobody = replace(act, whom=ERASED, person=None)
        entry = replace(entry, text=as_text(nobody))
    return entry


def erased_from(
    persons: Collection[int], entries: Iterable[StoredEntry]
) -> tuple[list[StoredEntry], list[StoredEntry]]:
    """All that is left of them, in their order; and those that are not as they were. A message that these
    persons deleted has their name as its text."""
    before = list(entries)
    deleted_by_them = {
        act_of(entry).message for entry in before if entry.kind is EntryKind.ACT and entry.person in persons
    }
    kept: list[StoredEntry] = []
    changed: list[StoredEntry] = []
    for entry in before:
        left = without(persons, entry)
        if entry.id in deleted_by_them and left is not None and left.kind is EntryKind.DELETED:
            left = replace(left, text=ERASED)
        if left is not entry:
            changed.append(entry)
        if left is not None:
            kept.append(left)
    return kept, changed
