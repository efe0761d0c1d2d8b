"""What was said, told once more: entries as the log keeps them become the events that they were."""

from collections.abc import Iterable

from chatd.behaviour.moderation.telling import retold_act
from chatd.protocol.events import DirectMessage, Said, TopicSet
from chatd.protocol.history_page import Told
from chatd.state.stored_entries import ERASED, EntryKind, StoredEntry


def retold(entry: StoredEntry, room: str | None, person: int) -> Told:
    """As it was told when it was new, in that room; or to one person, where there is no room. The person who
    is told gets the keys of its own messages."""
    id, sender, text, at = entry.id, entry.sender, entry.text, entry.at
    key = entry.key if entry.person == person else None
    if room is None:
        return DirectMessage(id=id, sender=sender, to=entry.to, text=text, at=at, key=key)
    if entry.kind is EntryKind.TOPIC:
        return TopicSet(room=room, id=id, sender=sender, text=text, at=at)
    if entry.kind is EntryKind.ACT:
        return retold_act(entry, room)
    if entry.kind is EntryKind.DELETED:
        text = f"[deleted by {text}]" if text else ERASED
        return Said(room=room, id=id, sender=sender, text=text, at=at, kind="deleted")
    kind = "action" if entry.kind is EntryKind.ACTION else None
    return Said(room=room, id=id, sender=sender, text=text, at=at, kind=kind, key=key)


def fitting(entries: Iterable[StoredEntry], most: int) -> tuple[list[StoredEntry], int]:
    """The first of them, with `most` bytes of text, and how many bytes that is."""
    kept, size = [], 0
    for entry in entries:
        length = len(entry.text.encode())
        if size + length > most:
            break
        size += length
        kept.append(entry)
    return kept, size
