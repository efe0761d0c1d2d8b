"""What operators do in their room: who has a role there, who comes in, and how it is spoken."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from chatd.behaviour.holders import person_named
from chatd.behaviour.moderation.acts import act, role, setting
from chatd.behaviour.moderation.entering import INVITED, is_in, is_private, membership_of
from chatd.behaviour.moderation.roles import check_target, role_of
from chatd.protocol.durations import shown_duration
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.keep_rule import DAY, EVERYTHING, KeepRule, parse_keep_rule
from chatd.protocol.moderation_events import ActName
from chatd.protocol.moderation_requests import (
    GiveOperator,
    GiveVoice,
    InRoom,
    InvitePerson,
    Kick,
    SetKeep,
    SetKey,
    SetModerated,
    SetPrivate,
    SetSlow,
    TakeOperator,
    TakeVoice,
)
from chatd.protocol.roles import Role
from chatd.state.rooms import Room
from chatd.state.rulings import by_person
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session
from chatd.state.stored_rulings import Act, Ruling, RulingKind

#: For so long a guest has a voice: so long it may come back as the same person.
_VOICE_OF_A_GUEST = 86_400


def give_operator(state: ServerState, session: Session, request: GiveOperator, room: Room) -> None:
    person = person_named(state, request.nick)
    if person.account is None:
        raise ChatError(
            Code.NO_ACCOUNT, f"{person.nick} is a guest; operators need an account (/register PASSWORD)"
        )
    if role_of(state, person, room) >= Role.OPERATOR:
        raise ChatError(Code.USAGE, f"{person.nick} is {role_of(state, person, room).word} there already")
    _give(state, session, room, person, "op", Role.OPERATOR, request.ref)


def give_voice(state: ServerState, session: Session, request: GiveVoice, room: Room) -> None:
    """A guest has it for as long as it is known, if it drops."""
    person = person_named(state, request.nick)
    if role_of(state, person, room) >= Role.VOICE:
        raise ChatError(Code.USAGE, f"{person.nick} is {role_of(state, person, room).word} there already")
    _give(state, session, room, person, "voice", Role.VOICE, request.ref)


def _give(
    state: ServerState,
    session: Session,
    room: Room,
    person: Person,
    verb: ActName,
    given: Role,
    ref: str | None,
) -> None:
    until = 0 if person.account is not None else state.today() + _VOICE_OF_A_GUEST * 1000
    made = role(room, person.number, person.nick, given.word, session.nick, until)
    act(state, session, room, Act(verb, person.nick, person.number), [made], ref)


def take_operator(state: ServerState, session: Session, request: TakeOperator, room: Room) -> None:
    """One may give it up oneself."""
    _take(state, session, room, request.nick, "deop", Role.OPERATOR, request.ref)


def take_voice(state: ServerState, session: Session, request: TakeVoice, room: Room) -> None:
    _take(state, session, room, request.nick, "devoice", Role.VOICE, request.ref)


def _take(
    state: ServerState, session: Session, room: Room, nick: str, verb: ActName, taken: Role, ref: str | None
) -> None:
    person = person_named(state, nick)
    if person.number != session.person.number:
        check_target(state, session.person, person, room)
    known = state.rulings.value(room.number, RulingKind.ROLE, by_person(person.number))
    if known != taken.word:
        raise ChatError(Code.USAGE, f"{person.nick} is no {taken.word} of #{room.name}")
    made = role(room, person.number, person.nick, "", session.nick)
    act(state, session, room, Act(verb, person.nick, person.number), [made], ref)


def kick(state: ServerState, session: Session, request: Kick, room: Room) -> None:
    """Also who is away, or was invited and has not come: it would come in later."""
    person = person_named(state, request.nick)
    if not is_in(person, room) and membership_of(state, person.number, room) is None:
        raise ChatError(Code.NO_SUCH_NICK, f"{person.nick} is not in #{room.name}; /users lists who is")
    check_target(state, session.person, person, room)
    act(
        state,
        session,
        room,
        Act("kick", person.nick, person.number, reason=request.reason or None),
        ref=request.ref,
    )


def invite(state: ServerState, session: Session, request: InvitePerson, room: Room) -> None:
    """Into a private room only operators invite; into one with a key, too."""
    person = person_named(state, request.nick)
    if is_in(person, room):
        raise ChatError(Code.USAGE, f"{person.nick} is in #{room.name} already")
    made = Ruling(
        room.number, RulingKind.MEMBER, by_person(person.number), INVITED, person.nick, by=session.nick
    )
    if person.account is None:  # it may never come back
        made = replace(made, until=state.today() + _VOICE_OF_A_GUEST * 1000)
    act(state, session, room, Act("invite", person.nick, person.number), [made], request.ref)


def set_private(state: ServerState, session: Session, request: SetPrivate, room: Room) -> None:
    """Who is in it when it becomes private goes on reading all of it; when it is none any more, everyone
    does."""
    _check_changes(is_private(state, room), request.on, room, "private")
    rulings = [_switched(room, "private", request.on, session.nick)]
    if not request.on:
        members = state.rulings.of(room.number, RulingKind.MEMBER)
        rulings += [Ruling(room.number, one.kind, one.subject, "", one.whom) for one in members]
    act(state, session, room, Act("private", value=_word(request.on)), rulings, request.ref)


def set_moderated(state: ServerState, session: Session, request: SetModerated, room: Room) -> None:
    known = bool(state.rulings.setting(room.number, "moderated"))
    _check_changes(known, request.on, room, "moderated")
    made = _switched(room, "moderated", request.on, session.nick)
    act(state, session, room, Act("moderated", value=_word(request.on)), [made], request.ref)


def _check_changes(known: bool, wanted: bool, room: Room, what: str) -> None:
    """What is so already would be told to everyone for nothing."""
    if known is wanted:
        raise ChatError(Code.USAGE, f"#{room.name} is {'' if known else 'not '}{what} already")


def _check_takes(state: ServerState, room: Room, name: str, wanted: str, what: str) -> None:
    """The same of a setting that is taken away, and is not there."""
    if not wanted and not state.rulings.setting(room.number, name):
        raise ChatError(Code.USAGE, f"#{room.name} {what} already")


def _word(on: bool) -> str:
    return "on" if on else "off"


def _switched(room: Room, name: str, on: bool, by: str) -> Ruling:
    return setting(room, name, "on" if on else "", by)


def set_key(state: ServerState, session: Session, request: SetKey, room: Room) -> None:
    """Of the key a hash is kept only; nobody is told it."""
    _check_takes(state, room, "key", request.word, "has no key")
    made = setting(room, "key", request.word and state.hash_token(request.word), session.nick)
    act(state, session, room, Act("key", value=_word(bool(request.word))), [made], request.ref)


def set_slow(state: ServerState, session: Session, request: SetSlow, room: Room) -> None:
    seconds = str(request.seconds) if request.seconds else ""
    _check_takes(state, room, "slow", seconds, "is not in slow mode")
    made = setting(room, "slow", seconds, session.nick)
    value = shown_duration(request.seconds) if seconds else "off"
    act(state, session, room, Act("slow", value=value), [made], request.ref)


def set_keep(state: ServerState, session: Session, request: SetKeep, room: Room) -> None:
    """It is removed a moment later, so what a slip of the finger says is checked first."""
    rule = parse_keep_rule(request.rule) if request.rule else EVERYTHING
    keep_of(rule)
    made = setting(room, "keep", request.rule, session.nick)
    act(state, session, room, Act("keep", value=request.rule or "off"), [made], request.ref)


def keep_of(rule: KeepRule) -> tuple[int | None, int | None]:
    """As the log takes it: days and messages. Raises ChatError."""
    if rule.age is not None and rule.age % DAY:
        raise ChatError(Code.USAGE, "a room is kept for whole days; please write an age like 1d or 90d")
    return rule.age and rule.age // DAY, rule.count


#: By the request: what an operator does in a room that people made.
ROOM_ACTS: Final[dict[type[InRoom], Callable[..., None]]] = {
    GiveOperator: give_operator,
    TakeOperator: take_operator,
    GiveVoice: give_voice,
    TakeVoice: take_voice,
    Kick: kick,
    InvitePerson: invite,
    SetPrivate: set_private,
    SetKey: set_key,
    SetModerated: set_moderated,
    SetSlow: set_slow,
}
