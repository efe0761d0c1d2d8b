"""A person who goes, for tests of the log."""

import gevent

from chatd.state.message_log import ActEntry
from chatd.state.sessions import Session
from chatd.state.stored_entries import StoredEntry
from chatd.state.stored_rulings import Act, PersonFile, Ruling, as_text
from tests.support.logs import Answer, Journal


def file_of(journal: Journal, person: int, after: int = 0) -> PersonFile:
    """A page of what is kept of it."""
    answer: Answer[PersonFile] = Answer()
    assert journal.log.people.read_person(person, after, answer)
    found = answer.wait()
    assert found is not None
    return found


def erase(journal: Journal, person: int) -> bool | None:
    """What the log answers."""
    answer: Answer[bool] = Answer()
    journal.log.people.erase(person, answer)
    return answer.wait()


def moderate(
    journal: Journal,
    act: Act,
    *rulings: Ruling,
    by: Session | None = None,
    removes: StoredEntry | None = None,
) -> ActEntry:
    """Somebody does that in the lobby; when it is published."""
    journal.log.published = {**journal.log.published, ActEntry: journal._noting("published")}
    author = by or journal.alice
    entry = ActEntry(
        author, as_text(act), None, room=journal.lobby, act=act, rulings=rulings, removes=removes
    )
    journal.log.append(entry)
    with gevent.Timeout(10):
        while entry not in journal.entries("published"):
            gevent.sleep(0)
    return entry
