"""What the log keeps of moderation: what was done, and what holds because of it."""

from enum import StrEnum
from typing import Final

import msgspec

from chatd.protocol.moderation_events import ActName
from chatd.state.stored_entries import StoredEntry


class RulingKind(StrEnum):
    """What a ruling is about. The words are stored."""

    ROLE = "role"
    BAN = "ban"
    MUTE = "mute"
    MEMBER = "member"
    SETTING = "setting"


class Ruling(msgspec.Struct, frozen=True, array_like=True):
    """Something that holds in a room (by its number; in the lobby: on the whole server) until it is lifted
    or over. There is one for each `kind` and `subject` of a room.

    `subject` is a person's number, a folded name with `=` before it, a range of addresses with `@` before it,
    or the name of a setting. `value` is the role, the setting, or of a member of a private room the id from
    which it may read; without a value the ruling is lifted. `whom` is what the subject is called. It ends at
    `until`, in milliseconds since the epoch; 0: never. `id` and `at` are those of the act that made it, `by`
    who did that, and why is the `reason`."""

    room: int
    kind: RulingKind
    subject: str
    value: str
    whom: str = ""
    until: int = 0
    by: str = ""
    reason: str = ""
    id: int = 0
    at: int = 0

    @property
    def key(self) -> tuple[int, RulingKind, str]:
        return self.room, self.kind, self.subject


class Act(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was done, as it is kept (see moderation_events.Acted). `person` is the number of whom it was done
    to, where that is somebody."""

    act: ActName
    whom: str | None = None
    person: int | None = None
    seconds: int | None = None
    value: str | None = None
    reason: str | None = None
    message: int | None = None


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Act)


def as_text(act: Act) -> str:
    """As the text of an entry."""
    return _encoder.encode(act).decode()


def act_of(entry: StoredEntry) -> Act:
    """That of an entry of the kind ACT."""
    return _decoder.decode(entry.text)


class AuditQuestion(msgspec.Struct, frozen=True):
    """What was done in a room (by its number; None: in all), the newest `limit` acts, or those with ids
    `before` one."""

    room: int | None
    limit: int
    before: int | None = None


class AuditRows(msgspec.Struct, frozen=True):
    """Acts as they are kept (of the kind ACT), in order, each with the name that its room had; `more`: there
    are older ones."""

    acts: list[tuple[str, StoredEntry]]
    more: bool


class PersonFile(msgspec.Struct, frozen=True):
    """All that the log keeps of a person, but for what is in memory above: what it said (each with the name
    of its room, or nothing), what was said to it, and the acts of moderation by it or about it. Each is in
    the order of the ids. `more`: it goes on after the last id of them."""

    entries: list[tuple[str, StoredEntry]]
    acts: list[tuple[str, StoredEntry]]
    more: bool
