"""What one does with an account: register it, change its password, give it up, and look after its devices."""

from collections.abc import Callable

from msgspec.structs import replace

from chatd.behaviour.account_changes import account_of, begin_change, end_change, store
from chatd.behaviour.asking import ask
from chatd.behaviour.fanout import tell
from chatd.behaviour.guests import remember, rooms_of
from chatd.behaviour.holders import sessions_here
from chatd.behaviour.logging_in import check_private, oldest_use
from chatd.behaviour.moderation.entering import forget_roles
from chatd.behaviour.moderation.speaking import check_lockdown
from chatd.behaviour.presence import end
from chatd.behaviour.renaming import displace, renew_lists, take_other_name
from chatd.protocol.errors import ChatError, Code
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
            raise ChatError(Code.BAD_INVITE, _BAD_INVITE)
        if session.state is PRESENT:
            _Registering(state, session, request, invite.name or session.nick, code).begin()

    def find(answered: Callable[[StoredInvite | None], None]) -> bool:
        return state.log.people.find_invite(code, answered)

    if not ask(state, session, find, answer, request.ref):
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


def _check_rate(state: ServerState, session: Session) -> None:
    """What is refused before a password is calculated costs nothing: else a stranger would keep all others of
    its address from registering, by a wrong invite now and then."""
    if state.limits.line_rate and not state.registrations.take(session.address, state.now()):
        raise ChatError(
            Code.NO_REGISTRATION,
            f"to register was tried {state.limits.registrations} times from your address in an hour; "
            "please try again later",
        )


class _Registering:
    """One registration, in three steps: the password is made a verifier, the account is stored, and is there.
    From the first on nobody else can take the name."""

    def __init__(
        self, state: ServerState, session: Session, request: Register, name: str, invite: str | None
    ) -> None:
        self._state, self._session, self._request = state, session, request
        self._person, self._name, self._invite = session.person, name, invite

    def begin(self) -> None:
        state, session, person = self._state, self._session, self._person
        if state.accounts.named(self._name) is not None:
            raise ChatError(Code.TAKEN_NICK, f"{self._name} is registered already; please try another name")
        begin_change(state, person.number)
        if not state.roster.claim(self._name, person, displaces=self._invite is not None):
            end_change(state, person.number)
            raise ChatError(Code.TAKEN_NICK, f"somebody else has the name {self._name}; please try another")

        def make(answered: Callable[[str], None]) -> bool:
            return state.passwords.make_verifier(self._request.password, answered)

        try:
            _check_rate(state, session)
            if not ask(state, session, make, self._store, self._request.ref):
                raise ChatError(Code.BUSY, _BUSY)
        except ChatError:
            self._end()
            raise

    def _end(self) -> None:
        self._state.roster.unclaim(self._name, self._person)
        end_change(self._state, self._person.number)

    def _store(self, verifier: str) -> None:
        state, session, person = self._state, self._session, self._person
        try:
            if not verifier or session.state is not PRESENT:
                raise _failed(ChangeOutcome.UNAVAILABLE)
            check_lockdown(state, person)  # it may have begun since
        except ChatError:
            self._end()
            raise
        today = state.today()
        account = Account(person.number, self._name, verifier, today, rooms_of(session), session.room)
        account.since = state.log.last_id
        devices: tuple[StoredDevice, ...] = ()
        if not session.dialect.typed:  # the token that it has is its device's from now on
            hash = state.hash_token(session.token)
            devices = (StoredDevice(hash, person.number, 1, self._request.device, today, today),)
        change = AccountChange((account.stored(),), devices, invite=self._invite)
        store(
            state,
            session,
            change,
            lambda outcome: self._done(outcome, account, devices),
            self._request.ref,
        )

    def _done(self, outcome: ChangeOutcome, account: Account, devices: tuple[StoredDevice, ...]) -> None:
        state, session, ref = self._state, self._session, self._request.ref
        self._end()
        if outcome is not ChangeOutcome.DONE:
            raise _failed(outcome)
        state.accounts.add(account)
        for device in devices:
            state.accounts.add_device(account, device)
            state.guests.take(device.token, state.now())  # it is a guest's no more
            state.log.forget_guest(device.token)
        person = self._here()
        holder = state.roster.get(account.name)
        if holder is not None and holder is not person:
            displace(state, holder, f"{account.name} was registered for somebody else")
        if person is None:  # it comes back with its password
            account.left = state.today()
            state.log.people.keep_account(account.stored())
            return
        person.account, person.since = account, account.since
        if fold(person.nick) != fold(account.name):
            state.roster.claim(account.name, person, displaces=True)
            take_other_name(state, person, account.name)
        remember(state, person.sessions[0])
        token = session.token if devices else None
        text = f"the name {account.name} is yours now; come back with your password"
        tell(state, session, Done(text, token, ref))

    def _here(self) -> Person | None:
        """Who registered, where it is here still, or again: its connection may have been lost meanwhile."""
        number = self._person.number
        return next((person for person in self._state.roster if person.number == number), None)


def _failed(outcome: ChangeOutcome) -> ChatError:
    """Nothing was changed."""
    if outcome is ChangeOutcome.NO_INVITE:
        return ChatError(Code.BAD_INVITE, _BAD_INVITE)
    return ChatError(Code.UNAVAILABLE, _UNAVAILABLE)


def _change(
    state: ServerState,
    session: Session,
    change: AccountChange,
    ref: str | None,
    done: Callable[[], None],
) -> None:
    """Have it stored; then it is done, else the client is told that nothing was. Either ends the change."""
    person = session.person.number

    def answer(outcome: ChangeOutcome) -> None:
        end_change(state, person)
        if outcome is not ChangeOutcome.DONE:
            raise _failed(outcome)
        done()

    store(state, session, change, answer, ref)


def change_password(state: ServerState, session: Session, request: ChangePassword) -> None:
    """All other devices are forgotten: who changes a password may have lost one. (None comes by the old one
    meanwhile: see logging_in.py.)"""
    account = account_of(session)
    check_private(state, session)
    begin_change(state, account.person)

    def made(verifier: str) -> None:
        if not verifier:
            end_change(state, account.person)
            raise _failed(ChangeOutcome.UNAVAILABLE)
        own = state.hash_token(session.token)
        others = tuple(token for token in account.devices if token != own)
        changed = AccountChange((replace(account.stored(), verifier=verifier),), revoked=others)

        def done() -> None:
            account.verifier = verifier
            for token in others:
                if token in account.devices:  # it may have expired
                    state.accounts.remove_device(account, token)
            _end_others(state, session, account, "your password was changed")
            tell(state, session, Done("your password is changed; other devices need it now", ref=request.ref))

        _change(state, session, changed, request.ref, done)

    def make(answered: Callable[[str], None]) -> bool:
        return state.passwords.make_verifier(request.password, answered)

    if not ask(state, session, make, made, request.ref):
        end_change(state, account.person)
        raise ChatError(Code.BUSY, _BUSY)


def _end_others(state: ServerState, session: Session, account: Account, reason: str) -> None:
    """All that are here now, also where the session itself is gone."""
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
        forget_roles(state, person)
        renew_lists(state, person)
        person.account = None
        if session.state is PRESENT:
            session.token = session.token or state.new_token()
            remember(state, session)
        tell(state, session, Done("you have no account any more, and are here as a guest", ref=request.ref))

    _change(state, session, AccountChange(gone=(account.person,)), request.ref, done)


def list_devices(state: ServerState, session: Session, request: Devices) -> None:
    """Those that can come back without a password, the oldest first."""
    account = account_of(session)
    here = _tokens(state, session.person.sessions)
    own = here.get(session)
    oldest = oldest_use(state)
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
        if device.used >= oldest
    ]
    tell(state, session, DeviceList(told, request.ref))


def _tokens(state: ServerState, sessions: tuple[Session, ...]) -> dict[Session, str]:
    """The hashes of those that the sessions have."""
    return {one: state.hash_token(one.token) for one in sessions if one.token}


def revoke(state: ServerState, session: Session, request: Revoke) -> None:
    """The device needs the password from now on, also if it is the one that asks."""
    account = account_of(session)
    device = next((one for one in account.devices.values() if one.number == request.number), None)
    if device is None:
        raise ChatError(
            Code.NO_SUCH_DEVICE, f"you have no device {request.number}; /devices lists those you have"
        )
    begin_change(state, account.person)
    token, number = device.token, device.number

    def done() -> None:
        if token in account.devices:  # it may have expired
            state.accounts.remove_device(account, token)
        tell(state, session, Done(f"device {number} needs your password now", ref=request.ref))
        for other, its in _tokens(state, sessions_here(state, account)).items():
            if its == token:
                end(state, other, "this device was revoked")

    _change(state, session, AccountChange(revoked=(token,)), request.ref, done)
