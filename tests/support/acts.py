"""Acts of moderation for tests of the log, and what it says of them."""

from chatd.protocol.moderation_events import ActName
from chatd.state.message_log import ActEntry
from chatd.state.rooms import Room
from chatd.state.sessions import Session
from chatd.state.stored_entries import StoredEntry
from chatd.state.stored_rulings import Act, AuditQuestion, AuditRows, Ruling, RulingKind, act_of, as_text
from tests.support.logs import Answer, Journal


def ruling(
    subject: str, value: str = "on", room: int = 1, kind: RulingKind = RulingKind.BAN, **more: object
) -> Ruling:
    return Ruling(room, kind, subject, value, **more)  # type: ignore[arg-type]


def do(
    journal: Journal,
    *rulings: Ruling,
    act: ActName = "ban",
    ref: str | None = None,
    removes: StoredEntry | None = None,
    by: Session | None = None,
    room: Room | None = None,
    whom: str | None = None,
) -> ActEntry:
    """An act in a room, by alice if nobody else."""
    done = Act(act, whom=whom, message=removes.id if removes is not None else None)
    entry = ActEntry(
        by or journal.alice,
        as_text(done),
        ref,
        room=journal.lobby if room is None else room,
        act=done,
        rulings=rulings,
        removes=removes,
    )
    journal.log.append(entry)
    return entry


def delete(
    journal: Journal, entry: StoredEntry, by: Session | None = None, ref: str | None = None
) -> ActEntry:
    """The entry is deleted, by bob if nobody else."""
    return do(journal, act="delete", removes=entry, by=by or journal.bob, ref=ref)


def audit(
    journal: Journal, room: int | None = None, limit: int = 50, before: int | None = None
) -> AuditRows | None:
    """As the log reads it."""
    answer: Answer[AuditRows] = Answer()
    assert journal.log.read_audit(AuditQuestion(room, limit, before), answer)
    return answer.wait()


def audited(journal: Journal, room: int | None = None) -> list[tuple[str, str, str]]:
    """Of each act in which room it was done, by whom and what."""
    found = audit(journal, room)
    assert found is not None and not found.more
    return [(name, entry.sender, act_of(entry).act) for name, entry in found.acts]


def held(journal: Journal) -> list[tuple[int, str, str, str]]:
    """The rulings of the beginning."""
    return [(one.room, str(one.kind), one.subject, one.value) for one in journal.log.rulings]
