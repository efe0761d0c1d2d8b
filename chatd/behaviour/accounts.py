"""What one does with an account: register it, change its password, give it up, and look after its devices."""

from collections.abc import Callable

from msgspec.structs import replace

from chatd.behaviour.asking import ask
from chatd.behaviour.fanout import tell
from chatd.behaviour.guests import remember, rooms_of
from chatd.behaviour.logging_in import check_private
from chatd.behaviour.names import displace, take_other_name
from chatd.behaviour.naming import sessions_here
from chatd.behaviour.presence import end
from chatd.behaviour.reading_marks import account_of
from chatd.behaviour.storing import begin_change, end_change, store
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Error
from chatd.protocol.names import fold
from chatd.protocol.people_events import DeviceInfo, DeviceList, Done
from chatd.protocol.people_requests import ChangePassword, Devices, Register, Revoke, Unregister
from chatd.protocol.registration import Registration
from chatd.state.accounts import Account
from chatd.state.server_state import ServerState
from chatd.state.sessions import PRESENT, Person, Session
from chatd.state.stored_accounts import AccountChange, ChangeOutcome, StoredDevice, StoredInvite

_UNAVAILABLE = "the server cannot store this now, so nothing was changed; please try again later"
_BAD_INVITE = "there is no such invite, or it is used up; please ask for another"
_BUSY = "too many give a password now; please try again later"


def register(state: ServerState, session: Session, request: Register) -> None:
    """The name that the session has, or that of its invite, is its own once the log has that."""
    _check_allowed(state, session, request)
    if request.invite is None:
        _Registering(state, session, request, session.nick, None).begin()
        return
    code = state.hash_token(request.invite)

    def answer(invite: StoredInvite | None) -> None:
        if invite is None:
            tell(state, session, Error(code=Code.BAD_INVITE, text=_BAD_INVITE, ref=request.ref))
            return
        _try(
            state,
            session,
            request.ref,
            _Registering(state, session, request, invite.name or session.nick, code).begin,
        )

    def find(answered: Callable[[StoredInvite | None], None]) -> bool:
        return state.log.people.find_invite(code, answered)

    if not ask(state, session, find, answer):
        raise ChatError(Code.BUSY, _BUSY)


def _check_allowed(state: ServerState, session: Session, request: Register) -> None:
    if state.accounts.of_person(session.person.number) is not None:
        raise ChatError(Code.HAS_ACCOUNT, f"the name {session.nick} is yours already")
    if state.registration is Registration.CLOSED:
        raise ChatError(Code.NO_REGISTRATION, "nobody can register here; you can stay as a guest")
    if state.registration is Registration.INVITE and request.invite is None:
        raise ChatError(
            Code.NO_REGISTRATION, "to register here you need an invite; /register PASSWORD invite:CODE"
        )
    check_private(state, session)
    if len(state.accounts) >= state.limits.accounts:
        raise ChatError(Code.NO_REGISTRATION, "there are too many accounts; you can stay as a guest")
    if state.limits.line_rate and not state.registrations.take(session.address, state.now()):
        raise ChatError(
            Code.NO_REGISTRATION,
            f"{state.limits.registrations} names were registered from your address in an hour; "
            "please try again later",
        )


def _try(state: ServerState, session: Session, ref: str | None, act: Callable[[], None]) -> None:
    """In a callback, where nobody else tells of a ChatError."""
    try:
        act()
    except ChatError as error:
        tell(state, session, Error(code=error.code, text=error.text, ref=ref))


class _Registering:
    """One registration, in three steps: the password is made a verifier, the account is stored, and is there.
    From the first on nobody else can take the name."""

    def __init__(
        self, state: ServerState, session: Session, request: Register, name: str, invite: str | None
    ) -> None:
        self._state, self._session, self._request = state, session, request
        self._person, self._name, self._invite = session.person, name, invite

    def begin(self) -> None:
        state, session = self._state, self._session
        begin_change(state, self._person.number)
        if not state.roster.claim(self._name, self._person, displaces=self._invite is not None):
            end_change(state, self._person.number)
            raise ChatError(Code.TAKEN_NICK, f"somebody else has the name {self._name}; please try another")
        if state.accounts.named(self._name) is not None:
            self._end()
            raise ChatError(Code.TAKEN_NICK, f"{self._name} is registered already; please try another name")

        def make(answered: Callable[[str], None]) -> bool:
            return state.passwords.make_verifier(self._request.password, answered)

        if not ask(state, session, make, self._store):
            self._end()
            raise ChatError(Code.BUSY, _BUSY)

    def _end(self) -> None:
        self._state.roster.unclaim(self._name)
        end_change(self._state, self._person.number)

    def _store(self, verifier: str) -> None:
        state, session, person = self._state, self._session, self._person
        if not verifier:
            tell(state, session, _failed(ChangeOutcome.UNAVAILABLE, self._request.ref))
        if not verifier or session.state is not PRESENT:
            self._end()
            return
        today = state.today()
        account = Account(person.number, self._name, verifier, today, rooms_of(session), session.room)
        account.since = state.log.last_id
        devices: tuple[StoredDevice, ...] = ()
        if not session.dialect.typed:  # the token that it has is its device's from now on
            hash = state.hash_token(session.token)
            devices = (StoredDevice(hash, person.number, 1, self._request.device, today, today),)
        change = AccountChange((account.stored(),), devices, invite=self._invite)
        store(state, session, change, lambda outcome: self._done(outcome, account, devices))

    def _done(self, outcome: ChangeOutcome, account: Account, devices: tuple[StoredDevice, ...]) -> None:
        state, session, ref = self._state, self._session, self._request.ref
        self._end()
        if outcome is not ChangeOutcome.DONE:
            tell(state, session, _failed(outcome, ref))
            return
        state.accounts.add(account)
        for device in devices:
            state.accounts.add_device(account, device)
            state.log.forget_guest(device.token)
            state.guests.take(device.token, state.now())
        person = self._who_is_here()
        holder = state.roster.get(account.name)
        if holder is not None and holder is not person:
            displace(state, holder, f"{account.name} was registered for somebody else")
        account.left = state.today()
        if not person.sessions:  # it left meanwhile, and comes back with its password
            return
        person.account, person.since = account, account.since
        if fold(person.nick) != fold(account.name):
            take_other_name(state, person, account.name)
        token = session.token if devices else None
        text = f"the name {account.name} is yours now; come back with your password"
        tell(state, session, Done(text, token, ref))

    def _who_is_here(self) -> Person:
        """It may have left and come back meanwhile, by its token."""
        if not self._person.sessions:
            for person in self._state.roster:
                if person.number == self._person.number:
                    return person
        return self._person


def _failed(outcome: ChangeOutcome, ref: str | None) -> Error:
    if outcome is ChangeOutcome.NO_INVITE:
        return Error(code=Code.BAD_INVITE, text=_BAD_INVITE, ref=ref)
    return Error(code=Code.UNAVAILABLE, text=_UNAVAILABLE, ref=ref)


def _change(
    state: ServerState,
    session: Session,
    change: AccountChange,
    ref: str | None,
    done: Callable[[], None],
) -> None:
    """Have it stored; then it is done, else the client is told that nothing was. Either ends the change."""

    def answer(outcome: ChangeOutcome) -> None:
        end_change(state, session.person.number)
        if outcome is ChangeOutcome.DONE:
            done()
        else:
            tell(state, session, _failed(outcome, ref))

    store(state, session, change, answer)


def change_password(state: ServerState, session: Session, request: ChangePassword) -> None:
    """All other devices are forgotten: who changes a password may have lost one."""
    account = account_of(session)
    check_private(state, session)
    begin_change(state, account.person)

    def made(verifier: str) -> None:
        if not verifier:
            end_change(state, account.person)
            tell(state, session, _failed(ChangeOutcome.UNAVAILABLE, request.ref))
            return
        own = state.hash_token(session.token) if session.token else ""
        others = tuple(token for token in account.devices if token != own)
        changed = AccountChange((replace(account.stored(), verifier=verifier),), revoked=others)

        def done() -> None:
            account.verifier = verifier
            for token in others:
                if token in account.devices:
                    state.accounts.remove_device(account, token)
            _end_others(state, session, account, "your password was changed")
            tell(state, session, Done("your password is changed; other devices need it now", ref=request.ref))

        _change(state, session, changed, request.ref, done)

    def make(answered: Callable[[str], None]) -> bool:
        return state.passwords.make_verifier(request.password, answered)

    if not ask(state, session, make, made):
        end_change(state, account.person)
        raise ChatError(Code.BUSY, _BUSY)


def _end_others(state: ServerState, session: Session, account: Account, reason: str) -> None:
    """All that are here, also where the session itself is gone by now."""
    for other in sessions_here(state, account):
        if other is not session:
            end(state, other, reason)


def unregister(state: ServerState, session: Session, request: Unregister) -> None:
    """The session stays, as a guest's."""
    account, person = account_of(session), session.person
    begin_change(state, account.person)

    def done() -> None:
        _end_others(state, session, account, "the account was given up")
        state.accounts.remove(account)
        person.account = None
        if session in person.sessions:
            if not session.token:
                session.token = state.new_token()
            remember(state, session)
        tell(state, session, Done("you have no account any more, and are here as a guest", ref=request.ref))

    _change(state, session, AccountChange(gone=(account.person,)), request.ref, done)


def list_devices(state: ServerState, session: Session, request: Devices) -> None:
    """Those that can come back without a password, the oldest first."""
    account = account_of(session)
    here = _tokens(state, session.person.sessions)
    own = here.get(session)
    expired = state.today() - state.limits.device_time * 1000
    told = [
        DeviceInfo(
            device.number,
            device.label,
            device.created,
            device.used,
            device.token in here.values(),
            device.token == own,
        )
        for device in sorted(account.devices.values(), key=lambda device: device.number)
        if device.used >= expired
    ]
    tell(state, session, DeviceList(told, request.ref))


def _tokens(state: ServerState, sessions: tuple[Session, ...]) -> dict[Session, str]:
    """The hashes of those that the sessions have."""
    return {one: state.hash_token(one.token) for one in sessions if one.token}


def revoke(state: ServerState, session: Session, request: Revoke) -> None:
    """The device needs the password from now on, also if it is the one that asks."""
    account = account_of(session)
    begin_change(state, account.person)
    for device in account.devices.values():
        if device.number == request.number:
            break
    else:
        end_change(state, account.person)
        raise ChatError(
            Code.NO_SUCH_DEVICE, f"you have no device {request.number}; /devices lists those you have"
        )

    def done() -> None:
        if device.token in account.devices:
            state.accounts.remove_device(account, device.token)
        tell(state, session, Done(f"device {device.number} needs your password now", ref=request.ref))
        for other, token in _tokens(state, sessions_here(state, account)).items():
            if token == device.token:
                end(state, other, "this device was revoked")

    _change(state, session, AccountChange(revoked=(device.token,)), request.ref, done)
