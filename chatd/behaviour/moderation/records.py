"""Who is banned and muted, and what was done: for those who keep a room or the server civil."""

from collections.abc import Callable

from chatd.behaviour.asking import BUSY, UNREADABLE, ask
from chatd.behaviour.fanout import tell
from chatd.behaviour.moderation.roles import check_role
from chatd.behaviour.moderation.telling import retold_act
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.moderation_events import AuditPage, BanInfo, BanList
from chatd.protocol.moderation_requests import Audit, Bans
from chatd.protocol.roles import Role
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import CONSOLE, OVER, Session
from chatd.state.stored_entries import PAGE_LIMIT
from chatd.state.stored_rulings import AuditQuestion, AuditRows, Ruling, RulingKind


def show_bans(state: ServerState, session: Session, request: Bans, room: Room) -> None:
    """Each ban once, though it may be of a name and an address; in the chat, the newest of very many."""
    found: dict[tuple[RulingKind, str], Ruling] = {}
    for kind in (RulingKind.BAN, RulingKind.MUTE):
        for ruling in state.rulings.of(room.number, kind):
            found.setdefault((kind, ruling.whom), ruling)
    bans = [_info(one) for one in sorted(found.values(), key=lambda one: (not one.id, one.id))]
    session.unpaid = 0
    most = len(bans) if session.person is CONSOLE else state.limits.bans_listed
    tell(state, session, BanList(room.name, bans[-most:], request.ref, more=len(bans) > most))


def _info(ruling: Ruling) -> BanInfo:
    act = "ban" if ruling.kind is RulingKind.BAN else "mute"
    until, reason = ruling.until or None, ruling.reason or None
    return BanInfo(act, ruling.whom, ruling.by, ruling.at, until, reason)


def show_audit(state: ServerState, session: Session, request: Audit, room: Room) -> None:
    """Of the room; in the lobby, of everything."""
    everywhere = room is state.rooms.lobby
    number = None if everywhere else room.number
    question = AuditQuestion(number, min(request.limit, PAGE_LIMIT), request.before)

    def answer(rows: AuditRows | None) -> None:
        if rows is None:
            raise ChatError(Code.UNAVAILABLE, UNREADABLE)
        check_role(state, session.person, room, Role.OPERATOR)  # it may have lost it meanwhile
        acts = [retold_act(entry, name or room.name) for name, entry in rows.acts]
        session.unpaid = sum(len(entry.text.encode()) for _, entry in rows.acts)
        tell(state, session, AuditPage(room.name, acts, rows.more, ref=request.ref))

    def read(answered: Callable[[AuditRows | None], None]) -> bool:
        return state.log.read_audit(question, answered, lambda: session.state not in OVER)

    session.unpaid = 0
    if not ask(state, session, read, answer, request.ref):
        raise ChatError(Code.BUSY, BUSY)
