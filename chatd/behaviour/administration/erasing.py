"""A person goes, as the law lets it ask for: its account, its direct messages, the text of what it said.

First the log has that it is done (the act `erase`, with the person's number), so that whoever repeats it
after a crash finds whom it was about, though nobody has the name any more. Then the connections end and the
account goes, then all else. Each of these may be repeated.
"""

from typing import Final

from msgspec.structs import replace

from chatd.behaviour.account_changes import begin_change, end_change
from chatd.behaviour.administration.acting import console, once_answered
from chatd.behaviour.administration.parts import Answering, PartTaker, refused
from chatd.behaviour.asking import BUSY, UNREADABLE
from chatd.behaviour.holders import person_named, sessions_here
from chatd.behaviour.moderation.acts import act
from chatd.behaviour.presence import end
from chatd.protocol.admin_events import Erased
from chatd.protocol.admin_requests import ErasePerson
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Error, Event
from chatd.protocol.names import fold, printable
from chatd.state.accounts import Account
from chatd.state.rulings import by_person
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person
from chatd.state.stored_accounts import AccountChange, ChangeOutcome, StoredDevice
from chatd.state.stored_entries import PAGE_LIMIT
from chatd.state.stored_rulings import Act, AuditQuestion, AuditRows, RulingKind, act_of

_WHY: Final = "your account was deleted"
_NOTHING: Final = "the server cannot store this now, so nothing was deleted; please try again later"
_NOT_ALL: Final = "not all of it could be deleted yet; please do it again later"


def erase(state: ServerState, request: ErasePerson) -> Answering:
    """Raises ChatError."""
    if request.again:
        return _Unfinished(state, request.nick).step
    person = person_named(state, request.nick)
    if request.person is not None and person.number != request.person:
        raise ChatError(Code.NO_SUCH_NICK, f"{person.nick} is somebody else by now; please look again")
    return _Erasing(state, person).begin()


def _erase_rest(state: ServerState, name: str, number: int, then: PartTaker) -> None:
    """What the log has of it, behind all that is on its way there."""

    def erased(done: bool) -> None:
        answer: list[Event] = [Erased(name=name, person=number)]
        then(answer if done else refused(Code.UNAVAILABLE, _NOT_ALL), False)

    state.log.in_turn(lambda: state.log.people.erase(number, erased))


class _Erasing:
    """Of somebody who is known."""

    def __init__(self, state: ServerState, person: Person) -> None:
        self._state, self._person = state, person
        self._devices: list[StoredDevice] = []

    def begin(self) -> Answering:
        """The act goes into the log; and nobody comes by this account any more."""
        state, person = self._state, self._person
        begin_change(state, person.number)
        session, told = console(state)
        done = Act("erase", person.nick, person.number)
        act(state, session, state.rooms.lobby, done, ref="erase")

        def go_on(then: PartTaker) -> None:
            if any(isinstance(event, Error) for event in told):
                end_change(state, person.number)
                then(refused(Code.UNAVAILABLE, _NOTHING), False)
            else:
                self._end_account(then)

        return once_answered(session, go_on)

    def _end_account(self, then: PartTaker) -> None:
        state, account = self._state, self._person.account
        self._end_sessions()
        if account is None:
            self._forget_guest()
            self._end(then)
            return
        self._devices = list(account.devices.values())
        for device in self._devices:
            state.accounts.remove_device(account, device.token)
        change = AccountChange(gone=(account.person,))
        state.log.people.change(change, lambda outcome: self._gone(account, outcome, then))

    def _gone(self, account: Account, outcome: ChangeOutcome, then: PartTaker) -> None:
        state = self._state
        if outcome is not ChangeOutcome.DONE:
            for device in self._devices:
                state.accounts.add_device(account, device)
            end_change(state, account.person)
            then(refused(Code.UNAVAILABLE, _NOT_ALL), False)
            return
        self._end_sessions()
        state.accounts.remove(account)
        for lifted in state.rulings.forget_person(account.person):
            state.log.keep_ruling(lifted)
        self._lift_rulings()
        state.rulings.unname(account.name)
        self._end(then)

    def _lift_rulings(self) -> None:
        """A ban or a mute of a person who does not come back any more would only tell its name."""
        state, subject = self._state, by_person(self._person.number)
        for room in state.rooms:
            for kind in (RulingKind.BAN, RulingKind.MUTE):
                ruling = state.rulings.get(room.number, kind, subject)
                if ruling is not None:
                    lifted = replace(ruling, value="")
                    state.rulings.keep(lifted)
                    state.log.keep_ruling(lifted)

    def _end(self, then: PartTaker) -> None:
        person = self._person
        end_change(self._state, person.number)
        _erase_rest(self._state, person.nick, person.number, then)

    def _end_sessions(self) -> None:
        account, person = self._person.account, self._person
        sessions = person.sessions if account is None else sessions_here(self._state, account)
        for session in sessions:
            end(self._state, session, _WHY, "deleted")

    def _forget_guest(self) -> None:
        """Nobody comes back as this one."""
        state = self._state
        dropped = state.guests.named(self._person.nick)
        if dropped is not None and dropped.person == self._person.number:
            state.guests.take(dropped.token, state.now())
            state.log.forget_guest(dropped.token)


class _Unfinished:
    """Those of this name who were to go before, and are not here any more: nobody knows whether all of it is
    gone, and it may be done again. `step` looks through the acts, newest first, a page at a time."""

    def __init__(self, state: ServerState, name: str) -> None:
        self._state, self._name = state, name
        self._before: int | None = None
        self._found: list[int] = []
        self._erased: list[Event] = []

    def step(self, then: PartTaker) -> None:
        question = AuditQuestion(None, PAGE_LIMIT, self._before)
        if not self._state.log.read_audit(question, lambda rows: self._look(rows, then)):
            then(refused(Code.BUSY, BUSY), False)

    def _look(self, rows: AuditRows | None, then: PartTaker) -> None:
        if rows is None:
            then(refused(Code.UNAVAILABLE, UNREADABLE), False)
            return
        acts = [act_of(entry) for _, entry in rows.acts]
        self._found += [
            one.person
            for one in acts
            if one.act == "erase" and one.person is not None and fold(one.whom or "") == fold(self._name)
        ]
        if rows.more and rows.acts:
            self._before = rows.acts[0][1].id
            then([], True)
        elif self._found:
            self._erase_next(then)
        else:
            text = f"nobody has the name {printable(self._name)}; where it was deleted, nothing is left"
            then(refused(Code.NO_SUCH_NICK, text), False)

    def _erase_next(self, then: PartTaker) -> None:
        """One after the other; the first that fails is the answer."""

        def erased(events: list[Event], more: bool) -> None:
            self._erased += events
            if self._found and not isinstance(events[0], Error):
                self._erase_next(then)
            else:
                then(self._erased, more)

        _erase_rest(self._state, self._name, self._found.pop(), erased)
