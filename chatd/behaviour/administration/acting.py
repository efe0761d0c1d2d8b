"""Acts of moderation from the shell: the same requests as in the chat, dispatched for the console.

The console is a person that is nowhere. Each request has a session of its own, which is told the answers.
"""

from typing import Final

from msgspec.structs import replace

from chatd.behaviour.administration.parts import Answering, PartTaker
from chatd.behaviour.dispatch import dispatch
from chatd.behaviour.moderation.telling import retold_act
from chatd.protocol.dialects.contract import OneVariant, Recipient
from chatd.protocol.events import Ack, Event
from chatd.protocol.requests import Request
from chatd.state.server_state import ServerState
from chatd.state.sessions import CONSOLE, PRESENT, NoConnection, Session
from chatd.state.stored_rulings import AuditQuestion, AuditRows

#: An act is answered when it cannot be lost any more, since it has one.
_REF: Final = "admin"


class _Kept(OneVariant):
    """A dialect in which nothing is written: what is told is kept."""

    typed = False

    def __init__(self) -> None:
        self.told: list[Event] = []

    def parse(self, line: bytes) -> Request | None:
        return None  # nobody sends lines in it

    parse_first = parse_password = parse

    def encode_for(self, recipient: Recipient, event: Event) -> bytes:
        self.told.append(event)
        return b""


def console(state: ServerState) -> tuple[Session, list[Event]]:
    """A session of the console, and what it is told."""
    session, kept = Session(state.limits, NoConnection(), len), _Kept()
    session.person, session.state, session.dialect = CONSOLE, PRESENT, kept
    return session, kept.told


def act(state: ServerState, request: Request) -> Answering:
    """It is done at once; the answer comes when it cannot be lost any more."""
    session, told = console(state)
    dispatch(state, session, replace(request, ref=_REF))
    return once_answered(session, lambda then: _show(state, told, then))


def once_answered(session: Session, go_on: Answering) -> Answering:
    """The next part comes when the log has answered what the session asked for."""

    def ask(then: PartTaker) -> None:
        if session.in_flight:
            session.answered = lambda: then([], True)  # what it is told may come behind that
        else:
            go_on(then)

    return ask


def _show(state: ServerState, told: list[Event], then: PartTaker) -> None:
    """Behind the `ack` of an act comes what was done, as everyone was told."""
    answer = [_without_ref(event) for event in told]
    acks = [event for event in answer if isinstance(event, Ack)]

    def read(rows: AuditRows | None) -> None:
        acts = [] if rows is None else [retold_act(entry, room) for room, entry in rows.acts]
        then(answer + [one for one in acts if one.id == acks[0].id], False)

    if not acks or not state.log.read_audit(AuditQuestion(None, 1, acks[0].id + 1), read):
        then(answer, False)


def _without_ref(event: Event) -> Event:
    """Ours is nothing that whoever asked gave."""
    return event if isinstance(event, Ack) or not hasattr(event, "ref") else replace(event, ref=None)
