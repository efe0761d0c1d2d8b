"""An entry as what is kept of it: a table by the entry's type."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from chatd.state.message_log import ActEntry, DirectEntry, Entry, RoomEntry, TopicEntry
from chatd.state.stored_entries import Conversation, EntryKind, StoredEntry, pair_of
from chatd.state.stored_rulings import Ruling


def _room(entry: RoomEntry) -> Conversation:
    return (entry.room.number, 0)


def _pair(entry: DirectEntry) -> Conversation:
    return pair_of(entry.author.person.number, entry.to.number)


_TABLE: Final[dict[type[Entry], tuple[EntryKind, Callable[[Any], Conversation]]]] = {
    RoomEntry: (EntryKind.MESSAGE, _room),
    TopicEntry: (EntryKind.TOPIC, _room),
    ActEntry: (EntryKind.ACT, _room),
    DirectEntry: (EntryKind.MESSAGE, _pair),
}


def conversation_of(entry: Entry) -> Conversation:
    """Where it belongs."""
    return _TABLE[type(entry)][1](entry)


def stored(entry: Entry) -> StoredEntry:
    """What is kept of an entry that has its place."""
    kind, conversation = _TABLE[type(entry)]
    if kind is EntryKind.MESSAGE and getattr(entry, "kind", None) == "action":
        kind = EntryKind.ACTION
    first, second = conversation(entry)
    author = entry.author.person
    return StoredEntry(
        first,
        second,
        entry.id,
        entry.at,
        author.nick,
        author.number,
        kind,
        entry.key,
        entry.text,
        entry.to.nick if isinstance(entry, DirectEntry) else "",
    )


def deleted(entry: StoredEntry, by: str) -> StoredEntry:
    """What is kept of it when it was deleted by somebody of that name."""
    return replace(entry, kind=EntryKind.DELETED, key=None, text=by)


def rulings_of(act: ActEntry) -> list[Ruling]:
    """Those of an act that has its place, as they are kept."""
    return [replace(ruling, id=act.id, at=act.at) for ruling in act.rulings]
