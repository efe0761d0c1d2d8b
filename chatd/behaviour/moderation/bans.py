"""Keeping somebody out, and keeping somebody quiet.

An account is meant wherever it comes from. A guest is little more than a connection, so a ban of one is of
its name and its token. With either go whatever guests come from the same address, or who is banned would be
back in a moment as one of them; but not where very many who have nothing in common come from it. A range of
addresses is meant with all who come from it, but for operators.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from chatd.behaviour.holders import person_named
from chatd.behaviour.moderation.acts import act
from chatd.behaviour.moderation.roles import check_target, role_of
from chatd.protocol.address_ranges import AddressRange, looks_like_address, parse_range
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.moderation_requests import Ban, Mute, Unban, Unmute
from chatd.protocol.names import check_name, fold, printable
from chatd.protocol.roles import Role
from chatd.protocol.times import utc
from chatd.state.rooms import Room
from chatd.state.rulings import ALL, GUESTS, by_name, by_person, by_range, guest_network
from chatd.state.server_state import ServerState
from chatd.state.sessions import CONSOLE, Person, Session
from chatd.state.stored_rulings import Act, Ruling, RulingKind

#: Who bans more than this at once bans half the world: prefixes of IPv4 and IPv6.
_WIDEST: Final = (8, 16)


def ban(state: ServerState, session: Session, request: Ban, room: Room) -> None:
    """From a room; in the lobby, from the server."""
    place = _Place(state, session, room, RulingKind.BAN, request.seconds, request.reason)
    if looks_like_address(request.whom):
        network = parse_range(request.whom)
        _check_width(session, network)
        whom, person = by_range(network)[1:], None
        rulings = [place.ruling(by_range(network), ALL, whom)]
    else:
        target = _target(state, session, request.whom, room)
        whom, person = target.nick, target.number or None
        rulings = list(place.of_person(target))
    done = Act("ban", whom, person, request.seconds, reason=request.reason or None)
    act(state, session, room, done, rulings, request.ref)


def _check_width(session: Session, network: AddressRange) -> None:
    least = _WIDEST[not isinstance(network, IPv4Network)]
    if network.prefixlen < least and session.person is not CONSOLE:
        raise ChatError(
            Code.NOT_ALLOWED,
            f"{network} is nearly everyone; please ban a range of /{least} or less, or use chatd admin",
        )


def mute(state: ServerState, session: Session, request: Mute, room: Room) -> None:
    place = _Place(state, session, room, RulingKind.MUTE, request.seconds, request.reason)
    target = _target(state, session, request.nick, room)
    role = role_of(state, target, room)
    if role >= Role.OPERATOR:
        raise ChatError(
            Code.USAGE, f"{target.nick} is {role.word} there, and speaks nevertheless; take that role first"
        )
    done = Act("mute", target.nick, target.number or None, request.seconds, reason=request.reason or None)
    act(state, session, room, done, place.of_person(target), request.ref)


def _target(state: ServerState, session: Session, name: str, room: Room) -> Person:
    """Who is here, owns the name, or was here a moment ago; else whoever comes under it, who is no person yet
    (its number is 0)."""
    try:
        target = person_named(state, name)
    except ChatError:
        return Person(0, check_name(name))
    check_target(state, session.person, target, room)
    return target


class _Place:
    """Where, for how long and why."""

    def __init__(
        self,
        state: ServerState,
        session: Session,
        room: Room,
        kind: RulingKind,
        seconds: int | None,
        reason: str,
    ) -> None:
        self._state, self._room, self._kind = state, room, kind
        self._by, self._reason = session.person.nick, reason
        self._until = 0 if seconds is None else state.today() + seconds * 1000

    def ruling(self, subject: str, value: str, whom: str) -> Ruling:
        return Ruling(
            self._room.number, self._kind, subject, value, whom, self._until, self._by, self._reason
        )

    def of_person(self, person: Person) -> Iterator[Ruling]:
        if person.number:
            yield self.ruling(by_person(person.number), ALL, person.nick)
        if person.account is None:
            yield self.ruling(by_name(person.nick), GUESTS, person.nick)
        for address in self._addresses(person):
            network = guest_network(address)
            if network is not None and not self._is_meant(network, person.nick):
                yield self.ruling(network, GUESTS, person.nick)

    def _addresses(self, person: Person) -> list[str]:
        """From which it comes; or came, if it is a guest who shouts, leaves, and comes under another name."""
        if person.sessions or person.account is not None:
            return [session.address for session in person.sessions]
        state = self._state
        address, at = state.left_from.get(fold(person.nick)) or ("", state.now() - state.limits.away_time)
        return [address] if state.now() - at < state.limits.away_time else []

    def _is_meant(self, network: str, nick: str) -> bool:
        """Whether everyone from there is meant already, not only guests; or because of another guest, and for
        as long."""
        known = self._state.rulings.get(self._room.number, self._kind, network)
        if known is None or known.value == ALL:
            return known is not None
        longer = not known.until or 0 < self._until <= known.until
        return longer and fold(known.whom) != fold(nick)


def unban(state: ServerState, session: Session, request: Unban, room: Room) -> None:
    _lift(state, session, room, RulingKind.BAN, request.whom, request.ref)


def unmute(state: ServerState, session: Session, request: Unmute, room: Room) -> None:
    _lift(state, session, room, RulingKind.MUTE, request.nick, request.ref)


def _lift(
    state: ServerState, session: Session, room: Room, kind: RulingKind, given: str, ref: str | None
) -> None:
    """All that was made of one ban, or of several of the same: what one act made has one id."""
    whom = str(parse_range(given)) if looks_like_address(given) else given
    account = state.accounts.named(whom)
    subject = "" if account is None else by_person(account.person)  # it may have another name by now
    lifted = state.rulings.called(room.number, kind, whom, subject)
    made_by = {one.id for one in lifted if one.id}
    if made_by:  # also what came of the same ban under another name
        lifted = [one for one in state.rulings.of(room.number, kind) if one in lifted or one.id in made_by]
    if not lifted:
        done = "banned" if kind is RulingKind.BAN else "muted"
        raise ChatError(Code.NO_SUCH_BAN, f"{printable(whom)} is not {done} here; /bans lists who is")
    verb: Act = Act("unban" if kind is RulingKind.BAN else "unmute", lifted[0].whom)
    nothing = [Ruling(room.number, kind, one.subject, "", one.whom) for one in lifted]
    act(state, session, room, verb, nothing, ref)


def ban_of(state: ServerState, session: Session, person: Person, room: Room) -> Ruling | None:
    """What keeps somebody out of a room, or off the server, who comes by this session."""
    return _ruling_about(state, session, person, room, RulingKind.BAN)


def is_banned_name(state: ServerState, nick: str) -> bool:
    """Whether no guest may have this name: else one that is banned under it comes under another, and takes
    it."""
    lobby = state.rooms.lobby.number
    return state.rulings.get(lobby, RulingKind.BAN, by_name(nick)) is not None


def mute_of(state: ServerState, session: Session, room: Room) -> Ruling | None:
    """What keeps somebody quiet."""
    return _ruling_about(state, session, session.person, room, RulingKind.MUTE)


def _ruling_about(
    state: ServerState, session: Session, person: Person, room: Room, kind: RulingKind
) -> Ruling | None:
    guest = person.account is None
    found = state.rulings.about(
        room.number, kind, person.number, person.nick, session.address, guest and person is not CONSOLE
    )
    if found is None:
        return None
    by_address = found.subject.startswith("@")
    if by_address and role_of(state, person, room) >= Role.OPERATOR:
        return None
    return found


def sentence(ruling: Ruling, where: str) -> str:
    """For whom it concerns: until when, by whom and why."""
    done = "banned from" if ruling.kind is RulingKind.BAN else "muted in"
    until = f" until {utc(ruling.until)} UTC" if ruling.until else ""
    why = f" ({ruling.reason})" if ruling.reason else ""
    return f"you are {done} {where}{until}, by {ruling.by}{why}"


def where(state: ServerState, room: Room) -> str:
    """The room for such a sentence; the lobby is the server."""
    return "this server" if room is state.rooms.lobby else f"#{room.name}"
