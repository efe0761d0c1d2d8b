"""Coming and going. A session ends exactly once, whoever notices first, and is announced exactly once
(MUST 3): every way out passes through `_depart`, which looks at the state before it changes it.
"""

import hmac

from chatd.behaviour.fanout import flush_notices, note, tell
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import GOING_DOWN, QUIT, TAKEN_OVER, Bye, Cause, LineLimits, Welcome
from chatd.protocol.names import check_name
from chatd.protocol.requests import LOBBY, Hello
from chatd.protocol.version import SERVER
from chatd.state.notices import Why
from chatd.state.rooms import Room
from chatd.state.roster import Chat
from chatd.state.sessions import OVER, Session, State


def join(chat: Chat, session: Session, hello: Hello) -> None:
    """Give `session` the name it asks for, or raise ChatError with what is wrong with it."""
    nick = check_name(hello.nick)
    holder = chat.roster.get(nick)
    if holder is not None and not _proves(hello.token, holder):
        raise ChatError(Code.TAKEN_NICK, f"the name {nick} is taken; please give another")
    room = chat.rooms[LOBBY]
    if holder is not None:
        nick = holder.nick  # as the others know it
        session.token = holder.token
        _replace(chat, holder)
    else:
        session.token = chat.new_token()
        if room.notices.mentions(nick):
            flush_notices(chat, room)
        note(chat, room, nick, None)
    session.nick = nick
    session.state = State.PRESENT
    session.buffer.limit = chat.limits.line
    limits = LineLimits(line=chat.limits.line, name=chat.limits.name)
    tell(chat, session, Welcome(nick, session.token, SERVER, len(room) + 1, limits))
    room.notices.arrived(session)
    room.add(session)
    chat.roster.put(session)


def _proves(token: str | None, holder: Session) -> bool:
    return token is not None and hmac.compare_digest(token.encode(), holder.token.encode())


def _replace(chat: Chat, old: Session) -> None:
    """Another connection takes the name over: nobody is told, since nobody came or went."""
    _leave_room(chat, old)
    _say_bye(chat, old, TAKEN_OVER)
    old.state = State.LEAVING
    old.link.hang_up()


def quit(chat: Chat, session: Session, reason: str) -> None:
    """The client said that it leaves. The name is free at once."""
    _say_bye(chat, session, QUIT)
    _depart(chat, session, reason, State.LEAVING)


def close(chat: Chat, session: Session) -> None:
    """The client closed its side, or was told why it is not wanted: what waits for it is still written."""
    _depart(chat, session, Cause.CLOSED, State.LEAVING)


def lose(chat: Chat, session: Session, cause: Cause) -> None:
    """There is nobody to write to any more, in whatever state the session was."""
    _depart(chat, session, cause, State.GONE)
    session.state = State.GONE
    session.outbox.close()


def go_down(chat: Chat, session: Session) -> None:
    """The server ends: the client is told, and nobody is told about the client."""
    if session.state in OVER:
        return
    _say_bye(chat, session, GOING_DOWN)
    if _leave_room(chat, session) is not None:
        chat.roster.remove(session)
    session.state = State.LEAVING


def _say_bye(chat: Chat, session: Session, reason: str) -> None:
    """The last words: nothing is added after them (MUST 6)."""
    session.close_gap()
    tell(chat, session, Bye(reason=reason))


def _leave_room(chat: Chat, session: Session) -> Room | None:
    """Out of its room, if it is in one. What was said there before is still its own to get."""
    room = session.room
    if room is not None:
        room.remove(session)
        if session.outbox.queue:
            chat.work.add(session)
    return room


def _depart(chat: Chat, session: Session, why: Why, state: State) -> None:
    """End the session, unless it is over already, and note it for those who remain."""
    if session.state in OVER:
        return
    room = _leave_room(chat, session)
    if room is not None:
        chat.roster.remove(session)
        note(chat, room, session.nick, why)
    session.state = state
