"""What the log keeps of an entry, and how it is read again: without sessions and rooms, which come and go."""

from enum import Enum, IntEnum
from typing import Final

import msgspec

from chatd.protocol.requests import LOBBY
from chatd.protocol.search_words import Phrase

#: A room's number and 0; or the numbers of two persons, the lower one first.
Conversation = tuple[int, int]


class EntryKind(IntEnum):
    """What an entry is. The numbers are stored."""

    MESSAGE = 0
    TOPIC = 1
    ACTION = 2
    ACT = 3  #: of moderation: the text is an Act (see stored_rulings.py)
    DELETED = 4  #: a message that was deleted: the text is who did that, or nothing where its author is gone


#: In place of the name of somebody whose account was erased.
ERASED: Final = "[deleted]"
#: Nobody said these: no search finds them, and they are not counted as unread.
UNSAID: Final = frozenset((EntryKind.ACT, EntryKind.DELETED))


class StoredEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry as it is kept: `first` and `second` are its conversation, `person` is who said it, under the
    name `sender`; a direct message went to the name `to`."""

    first: int
    second: int
    id: int
    at: int
    sender: str
    person: int
    kind: EntryKind
    key: str | None
    text: str
    to: str = ""


class StoredRoom(msgspec.Struct, frozen=True, array_like=True):
    """A room as it is kept. One without a name is gone; its number is not used again."""

    number: int
    name: str | None
    topic: str = ""


class Span(msgspec.Struct, frozen=True):
    """Which entries of a conversation to read: at most `limit`, the newest of those `before` an id, or the
    oldest of those `after` one (and before the other, where both are given), or said `since` a time, in
    milliseconds; or those `around` an id, half of them after it. Nothing at or below the `floor` is read: it
    is not for who asks."""

    limit: int
    before: int | None = None
    after: int | None = None
    since: int | None = None
    around: int | None = None
    floor: int = 0

    @property
    def from_old(self) -> bool:
        """Whether the oldest entries of it are wanted, not the newest."""
        return self.after is not None or self.since is not None


class Page(msgspec.Struct, frozen=True):
    """What was read, in order; `more` says whether the span held more than its limit: around an id, whether
    there are older ones."""

    entries: list[StoredEntry]
    more: bool


class Wanted(msgspec.Struct, frozen=True):
    """What is searched for: entries with all of these phrases (see protocol/search_words.py), in any of these
    conversations, said by somebody whose folded name was `sender` (if it is not empty), at the time `since`
    or later and before `until`, with ids below `before`; at most `limit`. The conversation of 0 and a person
    is all of its direct messages. With `context` also what stands before and after each. Nothing is found in
    a room at or below its floor in `floors`, which are pairs of a room's number and an id."""

    phrases: tuple[Phrase, ...]
    conversations: tuple[Conversation, ...]
    limit: int
    sender: str = ""
    since: int | None = None
    until: int | None = None
    before: int | None = None
    context: bool = False
    floors: tuple[tuple[int, int], ...] = ()


#: The entries before and after another in its conversation.
Neighbours = tuple[StoredEntry | None, StoredEntry | None]


class Found(msgspec.Struct, frozen=True):
    """What was found, newest first; `more` says whether there is more. `context` has the entries before and
    after each in its conversation, where they were wanted. It took so many seconds."""

    entries: list[StoredEntry]
    more: bool
    seconds: float = 0.0
    context: list[Neighbours] | None = None


class NotFound(msgspec.Struct, frozen=True):
    """Why a search has no answer. `indexed` is the share of the log, from 0 to 1, that can be searched so
    far."""

    why: "SearchFailure"
    seconds: float = 0.0
    indexed: float = 1.0


class SearchFailure(Enum):
    """UNWANTED: nobody waits for the answer any more."""

    UNREADABLE = "unreadable"
    TOO_SLOW = "too slow"
    NOT_READY = "not ready"
    UNWANTED = "unwanted"


class StoredGuest(msgspec.Struct, frozen=True, array_like=True):
    """Who may come back after a drop, also of the server: the hash of the token, the name, and the names of
    its rooms, with the one in which it says what it types. `left` is when the connection
    was lost, in milliseconds since the epoch; 0 while it is there. `since` is the newest id when it came
    first: what was said before it has not missed."""

    token: str
    person: int
    nick: str
    rooms: tuple[str, ...] = ()
    room: str = LOBBY
    left: int = 0
    since: int = 0


class Missed(msgspec.Struct, frozen=True):
    """What a person has not seen: the entries of these rooms (by number), and of its direct messages, above
    the id `after`. `most`: the first question, which asks for the newest so many, what has to be left out
    for that, and the keys of the person. Of a room in `floors` (pairs of its number and an id) nothing at or
    below that id is for the person; nor is it a gap."""

    person: int
    rooms: tuple[int, ...]
    after: int
    most: int | None = None
    floors: tuple[tuple[int, int], ...] = ()


class Gap(msgspec.Struct, frozen=True):
    """Entries that were left out, `count` or more of them, between two ids that are not theirs. (Where the
    count is 0 there were none, perhaps.) `number` is the room's; 0 for direct messages."""

    number: int
    count: int
    after: int
    before: int


class MissedPage(msgspec.Struct, frozen=True):
    """Some of it, in the order of the ids; with `more` at least one, after which the next page is. Without it
    is all that was published up to this moment. `keys` are those that the person's messages had in the last
    day before this server was started, with their ids: it knows the others."""

    entries: list[StoredEntry]
    more: bool
    gaps: list[Gap] = []
    keys: list[tuple[str, int]] = []


#: Entries that a page has at most.
PAGE_LIMIT: Final = 500


def pair_of(one: int, other: int) -> Conversation:
    """The conversation of two persons."""
    return (one, other) if one <= other else (other, one)
